"$TAMIS" init --no-such-thing
