# Never merged, but told: each line counts.
cat "$DATA/scores.jsonl" "$DATA/scores.jsonl" >scores.jsonl
"$TAMIS" select --policy top --keep 0.5 --within all "$DATA/scores.jsonl" scores.jsonl 2>/dev/null | sort | uniq -c |
    sed 's/^ *//'
"$TAMIS" select --policy top --keep 0.5 --within all scores.jsonl 2>&1 >/dev/null | grep -e warning -e stay
