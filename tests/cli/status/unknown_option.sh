"$TAMIS" status --no-such-thing
