"$TAMIS" explain --help
