"$TAMIS" plan --help
