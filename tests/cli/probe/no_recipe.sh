"$TAMIS" probe --export P
