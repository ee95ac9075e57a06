"$TAMIS" signals --filter length <"$DATA/sources.jsonl"
