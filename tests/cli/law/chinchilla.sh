"$TAMIS" law chinchilla N=1.5e9 D=30e9 set=besiroglu
