"$TAMIS" law --list
