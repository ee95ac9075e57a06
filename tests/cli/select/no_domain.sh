jq -c "del(.domain)" "$DATA/scores.jsonl" | "$TAMIS" select --policy top --keep 0.4 --within domain -
