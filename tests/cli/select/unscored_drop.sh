"$TAMIS" select --policy top --keep 0.5 --unscored drop "$DATA/scores.jsonl"
