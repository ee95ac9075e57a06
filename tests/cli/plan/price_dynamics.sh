# A scorer that is trained on everything for three epochs costs more than the pruning saves.
. "$DATA/laws.sh"
make_laws && "$TAMIS" plan law.json --parameters 1e9 --tokens 70e9 --budget difference=0.05 --full-tokens 100e9 \
    --scorer-parameters 125e6 --scorer-epochs 3 -q | jq -c '.net | .saved.flop, .scoring.flop, .net.flop, .net.kg_co2e[0] < 0,
    .break_even_scorer_parameters < 125e6'
