"$TAMIS" select --policy random --keep 0.5 --unscored drop "$DATA/scores.jsonl"
