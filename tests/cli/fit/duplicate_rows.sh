# The same line twice is two runs of one ratio; either can be missed, the others cannot.
printf 'ratio,loss_general\n0,2.5\n0.5,2.6\n0.5,2.6\n1,3\n' >runs.csv
"$TAMIS" fit runs.csv --replicates 0 -o law.json && jq -c '.rows, .runs, .probe.ratios, [.leave_one_out[].run]' law.json
