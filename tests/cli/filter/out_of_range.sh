"$TAMIS" filter --filter length --max-bad 2 "$DATA/tales.jsonl"
