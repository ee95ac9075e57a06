"$TAMIS" run --help
