cp "$DATA/../../../corpora/laws/que2024_chemistry.csv" runs.csv
"$TAMIS" fit runs.csv -o ./runs.csv
code=$?
cmp runs.csv "$DATA/../../../corpora/laws/que2024_chemistry.csv" && exit $code
