"$TAMIS" dedup --help
