"$TAMIS" filtr --help
