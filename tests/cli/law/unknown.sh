"$TAMIS" law unimx tokens=1
