# Runs without a base: the law is of mixtures to pretrain on, and says so; a base has its name in the law.
runs() {
    echo 'N,D,ratio,loss_domain,loss_general,base_model'
    printf '7e7,1e9,%s,'"$1"'\n' 0,2.9,2.5 0.33,2.2,2.52 0.67,2.0,2.58 0.9,1.94,2.8 1,1.9,3
}
runs 'from scratch: a pretraining mixture' >runs.csv
"$TAMIS" fit runs.csv --replicates 0 | jq -c '.base_model, .warnings[0]'
runs 'my 70M' >runs.csv
"$TAMIS" fit runs.csv --replicates 0 2>/dev/null | jq -c '.base_model, (.warnings | map(select(test("pretraining"))))'
