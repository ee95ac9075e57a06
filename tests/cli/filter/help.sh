"$TAMIS" filter --help
