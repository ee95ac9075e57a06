"$TAMIS" fit --help
