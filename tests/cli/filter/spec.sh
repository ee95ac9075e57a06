"$TAMIS" filter --filter length:min_words=10,on=all --filter gopher_quality:min_words=20 "$DATA/tales.jsonl"
