printf 'schedule,ratio,loss_general\ncosine,0,2.5\nconstant,0.5,2.6\ncosine,1,3\n' >runs.csv
"$TAMIS" fit runs.csv
