"$TAMIS" signals -q "$DATA/deeds.jsonl" | jq -c '.id, (.signals | keys)' | head -n 2
