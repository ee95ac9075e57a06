"$TAMIS" score --help
