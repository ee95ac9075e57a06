"$TAMIS" signals --no-such-thing
