"$TAMIS" mix --no-such-thing
