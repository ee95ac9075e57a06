"$TAMIS" status NOWHERE
