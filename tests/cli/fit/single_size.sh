# Several D at one N: what a difference needs, and no more.
. "$DATA/law.sh"
make_runs 70e6
"$TAMIS" fit runs.csv --replicates 0 --warm-up 0 -o law.json
jq -c '.version, .form, (.parameters.general | .A, .alpha), .probe, .warm_up, .replicates, .warnings' law.json
