"$TAMIS" filter --filter gopher_qualty "$DATA/tales.jsonl"
