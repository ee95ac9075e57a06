# By whatever name: the input and the law are not overwritten by a chart, and no chart is left of a law that failed.
printf 'ratio,loss_general\n0,2.5\n0.5,2.6\n1,3\n' >runs.csv
ln -s runs.csv link.csv
for name in runs.csv ./runs.csv link.csv "$PWD/runs.csv"; do
    "$TAMIS" fit runs.csv --chart "$name" 2>&1 | sed "s#$PWD#HERE#"
done
"$TAMIS" fit runs.csv -o law.json --chart ./law.json
"$TAMIS" fit runs.csv -o law.json -q --replicates 0 2>/dev/null
ln law.json same.json
"$TAMIS" fit runs.csv -o law.json --chart same.json
"$TAMIS" fit runs.csv -o none/law.json --chart law.svg -q
code=$?
wc -l <runs.csv
ls
exit $code
