cp "$DATA/scores.jsonl" . && "$TAMIS" select --policy top --keep 0.5 scores.jsonl -o scores.jsonl
