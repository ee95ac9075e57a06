"$TAMIS" score long.jsonl
