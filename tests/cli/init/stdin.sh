"$TAMIS" init - <"$DATA/tales.jsonl"
