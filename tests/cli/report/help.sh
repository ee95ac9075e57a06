"$TAMIS" report --help
