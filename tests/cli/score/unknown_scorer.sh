"$TAMIS" score --scorer dynamic_certainty long.jsonl
