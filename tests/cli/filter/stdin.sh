zstd -cq "$DATA/tales.jsonl" | "$TAMIS" filter --filter regex:pattern=lighthouse,test=count,above=0 --max-bad 1 | tail -n 3
