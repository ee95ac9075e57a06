"$TAMIS" filter --filter length -- --no-such-file.jsonl
