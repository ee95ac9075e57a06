printf 'N,D,ratio,loss_domain,loss_general\n1e9,2e9,0,2.9,2.5\n4e9,2e9,0.33,1.9,2.56\n4e9,2e9,1,1.6,3\n' >runs.csv
"$TAMIS" fit runs.csv
