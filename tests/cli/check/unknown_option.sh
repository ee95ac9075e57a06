"$TAMIS" check --no-such-thing
