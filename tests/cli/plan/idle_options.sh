# What a question does not look at is refused by name.
. "$DATA/other_laws.sh"
plan() { "$TAMIS" plan law.json "$@"; }
make_chinchilla && plan --parameters 1e9 --tokens 2e10 --transfer-low 0
plan --parameters 1e9 --tokens 2e10 --max-epochs 2
make_constrained && plan --parameters 1e9 --tokens 2e10 --unique 5e9 --p2-gamma 1
make_mixing && plan --transfer-high 0.2
plan --max-epochs 2
plan --scorer-passes 2
make_cmr && plan --tokens 5e9 --ensemble-a 0.5
plan --tokens 5e9 --max-epochs 2
cp "$DATA/full_law.json" law.json && plan --budget 0.05 --max-epochs 2
plan --budget 0.05 --probe-flop 1e18
plan --budget 0.05 --p2-delta 1
"$TAMIS" plan law.json law.json --budget 0.05 --chart a.svg
"$TAMIS" plan law.json law.json --budget 0.05 --models 2
"$TAMIS" plan law.json law.json --one-mixture --budget 0.05 --limited
"$TAMIS" plan --downscale 8e9 --models 2 --transfer-low 0
"$TAMIS" plan --downscale 8e9 --models 2 --parameters 1e9
"$TAMIS" plan law.json --downscale 8e9 --models 2 --against base
