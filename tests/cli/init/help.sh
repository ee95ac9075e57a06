"$TAMIS" init --help
