"$TAMIS" law --list chinchilla
