"$TAMIS" run --no-such-thing
