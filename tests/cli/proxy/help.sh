"$TAMIS" proxy --help
