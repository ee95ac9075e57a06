"$TAMIS" proxy --no-such-thing
