"$TAMIS" dedup --no-such-thing
