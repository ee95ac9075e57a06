"$TAMIS" --help
