"$TAMIS" filter '--filter=regex:pattern=(' "$DATA/tales.jsonl"
