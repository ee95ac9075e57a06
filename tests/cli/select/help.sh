"$TAMIS" select --help
