"$TAMIS" explain --no-such-thing
