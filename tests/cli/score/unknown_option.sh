"$TAMIS" score --scorer tdds:windw=3 long.jsonl
