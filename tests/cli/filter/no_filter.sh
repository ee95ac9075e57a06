"$TAMIS" filter "$DATA/tales.jsonl"
