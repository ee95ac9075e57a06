"$TAMIS" select --policy top --keep 1 "$DATA/scores.jsonl"
