"$TAMIS" restore --no-such-thing
