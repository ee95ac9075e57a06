"$TAMIS" filter --filter length --threads many "$DATA/tales.jsonl"
