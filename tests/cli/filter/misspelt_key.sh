"$TAMIS" filter --filter length:min_wrds=3 "$DATA/tales.jsonl"
