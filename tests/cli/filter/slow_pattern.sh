"$TAMIS" filter '--filter=regex:pattern=[a-z]+ [a-z]+' --max-bad 1 --no-text "$DATA/tales.jsonl"
