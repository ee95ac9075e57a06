"$TAMIS" proxy -q --max-bad 1 --checkpoints 2 --max-bytes 400 --document-bytes 100 "$DATA/deeds.jsonl" -o some --json |
    jq -c '[.bytes <= 400, .bytes > 200]' && cat some/ids.jsonl
