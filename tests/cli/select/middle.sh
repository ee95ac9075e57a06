"$TAMIS" select --policy middle --keep 0.5 "$DATA/scores.jsonl"
