printf 'base_model,N,D,ratio,loss_general\nx,1e9,2e9,0,2.5\nx,1e9,2e9,0.5,2.6\ny,1e9,2e9,1,3\n' >runs.csv
"$TAMIS" fit runs.csv
