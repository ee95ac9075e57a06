"$TAMIS" signals --help
