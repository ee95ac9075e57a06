"$TAMIS" fit --law dctp runs.csv
