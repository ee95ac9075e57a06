"$TAMIS" filter --filtr length "$DATA/tales.jsonl"
