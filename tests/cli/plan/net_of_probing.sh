# What is left of the saving is told net of the probing, the law's own, for every question that knows N and D.
net() { "$TAMIS" plan "$@" --full-tokens 1e12 --scorer-parameters 1e8 -o plan.json 2>&1 | grep '^  pruning'; jq -c '.net.net.kg_co2e[0]' plan.json; }
jq '.probe_flop = 1e20' "$DATA/full_law.json" >law.json
net law.json --parameters 1.8e9 --tokens 10e9 --budget 0.05
net law.json --flop 1e20 --budget 0.05
net law.json --limited --pool domain=5e9 --parameters 1.8e9 --max-epochs 1
