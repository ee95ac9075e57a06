"$TAMIS" check --help
