"$TAMIS" filter --filter length:min_words=10,on=all --filter gopher_quality:min_words=20 --max-bad 1 \
    --no-text --drops drops.jsonl "$DATA/tales.jsonl" && cat drops.jsonl
