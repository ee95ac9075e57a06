"$TAMIS" fit --no-such-thing
