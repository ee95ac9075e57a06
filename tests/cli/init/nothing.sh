"$TAMIS" init
