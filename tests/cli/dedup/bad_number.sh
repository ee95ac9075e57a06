"$TAMIS" dedup --bands 1.5 "$DATA/deeds.jsonl"
