"$TAMIS" dedup --verify none --clusters - --no-text --max-bad 1 "$DATA/tales.jsonl"
