"$TAMIS" law chinchilla N=1.8 D=10
