"$TAMIS" select --policy random --keep 0.5 --seed 3 "$DATA/scores.jsonl"
