"$TAMIS" select --policy bottom --keep 0.5 "$DATA/scores.jsonl"
