"$TAMIS" law dcpt_limited D_d=1e9 B=0.25 eta=1.2 beta=0.25 C=0 eps=0.15 gamma=0.7
