"$TAMIS" select --policy top --keep 0.4 --within all --unscored drop "$DATA/scores.jsonl"
