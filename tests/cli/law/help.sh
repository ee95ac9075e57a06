"$TAMIS" law --help
