"$TAMIS" dedup --clusters - --pairs - --no-text "$DATA/deeds.jsonl"
