"$TAMIS" select --policy best --keep 0.5 "$DATA/scores.jsonl"
