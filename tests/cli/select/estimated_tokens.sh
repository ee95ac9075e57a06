# One estimate makes the share one of estimated tokens.
jq -c 'if .id == "mill" then .tokens_estimated = true else . end' "$DATA/scores.jsonl" |
    "$TAMIS" select --policy bottom --keep 0.5 --within all -
jq -c '.tokens_estimated = false' "$DATA/scores.jsonl" |
    "$TAMIS" select --policy bottom --keep 0.5 --within all - 2>&1 >/dev/null | grep 'share is of'
