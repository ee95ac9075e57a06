"$TAMIS" law
