# General losses that rise with the general share at few tokens: the fit falls as the law demands, and says what it costs.
. "$DATA/law.sh"
make_runs 70e6
awk -F, -v OFS=, 'NR > 1 {$7 += 0.3 * (1 - $5) / ($4 / 1e9)} {print}' runs.csv >rising.csv
"$TAMIS" fit rising.csv --replicates 0 -o law.json -q
jq -c '(.sides.general | .objective_unbound < .objective / 100, .least_tokens < 2.02e9), .sides.domain.objective_unbound,
    (.warnings | map(select(test("as the law demands"))) | length)' law.json
"$TAMIS" fit rising.csv --replicates 0 --may-rise -o law.json -q
jq -c '(.sides.general | .objective_unbound, .least_tokens > 8e9, .r2 > 0.9999), .warnings[-1][:57]' law.json
