"$TAMIS" fit runs.csv
