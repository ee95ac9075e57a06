"$TAMIS" plan --no-such-thing
