"$TAMIS" filter --filter length --kind porse "$DATA/tales.jsonl"
