"$TAMIS" dedup --threshold 0 "$DATA/deeds.jsonl"
