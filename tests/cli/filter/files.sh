# Several inputs, one output; ids that are missing are counted per file.
echo '{"text": "short"}' >a.jsonl
gzip -c a.jsonl >b.jsonl.gz
"$TAMIS" filter --filter length:min_words=5 --drops drops.jsonl a.jsonl b.jsonl.gz "$DATA/sources.jsonl" \
    -o kept.jsonl.zst &&
    cat drops.jsonl && zstd -dcq kept.jsonl.zst | jq -c .id
