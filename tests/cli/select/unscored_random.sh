"$TAMIS" select --policy top --keep 0.5 --unscored random "$DATA/scores.jsonl"
