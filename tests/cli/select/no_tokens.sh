jq -c "if .id == \"mill\" then del(.tokens) else . end" "$DATA/scores.jsonl" |
    "$TAMIS" select --policy bottom --keep 0.5 -
