"$TAMIS" dedup --max-bad 1 -q "$DATA/tales.jsonl" | jq -c .id
