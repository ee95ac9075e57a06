"$TAMIS" dedup --clusters clusters.jsonl --pairs pairs.jsonl --max-bad 1 --no-text \
    "$DATA/tales.jsonl" "$DATA/deeds.jsonl" &&
    cat clusters.jsonl && echo "-- pairs" && cat pairs.jsonl
