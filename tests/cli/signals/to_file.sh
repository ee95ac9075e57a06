"$TAMIS" signals --filter length "$DATA/sources.jsonl" -o signals.jsonl.zst && zstd -dcq signals.jsonl.zst
