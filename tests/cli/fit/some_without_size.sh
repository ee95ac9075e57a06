printf 'N,ratio,loss_general\n1e9,0,2.5\n,0.5,2.6\n1e9,1,3\n' >runs.csv
"$TAMIS" fit runs.csv
