"$TAMIS" select --policy top --keep 0 "$DATA/scores.jsonl"
