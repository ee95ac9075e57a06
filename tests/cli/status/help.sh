"$TAMIS" status --help
