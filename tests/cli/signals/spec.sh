"$TAMIS" signals --filter length --filter gopher_quality "$DATA/tales.jsonl"
