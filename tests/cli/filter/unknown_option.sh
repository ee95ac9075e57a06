"$TAMIS" filter --no-such-thing
