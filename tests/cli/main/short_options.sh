"$TAMIS" filter -q --filter=length:min_words=60 -o- "$DATA/tales.jsonl" --max-bad 1
