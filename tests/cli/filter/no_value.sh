"$TAMIS" filter "$DATA/tales.jsonl" --filter
