"$TAMIS" select --keep 0.5 "$DATA/scores.jsonl"
