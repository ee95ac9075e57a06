"$TAMIS" select --policy top --keep 0.5 "$DATA/scores.jsonl"
