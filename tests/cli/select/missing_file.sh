"$TAMIS" select --policy top --keep 0.5 no-such-file.jsonl
