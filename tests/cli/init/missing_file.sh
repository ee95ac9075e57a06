"$TAMIS" init "$DATA/no-such-file.jsonl"
