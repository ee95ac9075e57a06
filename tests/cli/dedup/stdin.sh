"$TAMIS" dedup --threshold 0.99 <"$DATA/deeds.jsonl" | jq -c .id
