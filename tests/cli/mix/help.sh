"$TAMIS" mix --help
