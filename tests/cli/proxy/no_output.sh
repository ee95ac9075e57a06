"$TAMIS" proxy "$DATA/tales.jsonl"
