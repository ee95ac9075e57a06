"$TAMIS" dedup --compat datatrove --bands 14 --rows 6 "$DATA/deeds.jsonl"
