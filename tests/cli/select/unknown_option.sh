"$TAMIS" select --no-such-thing
