"$TAMIS" restore --help
