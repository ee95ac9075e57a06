"$TAMIS" probe --help
