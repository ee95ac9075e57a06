"$TAMIS" report --no-such-thing
