"$TAMIS" filter --filter length "$DATA/no-such-file.jsonl"
