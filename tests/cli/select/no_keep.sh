"$TAMIS" select --policy top "$DATA/scores.jsonl"
