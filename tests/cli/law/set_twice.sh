"$TAMIS" law chinchilla_optimum flop=1e21 set=c4 set=hoffmann
