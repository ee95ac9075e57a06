# Nine parameters: three sizes, five checkpoints of every run of which one is warm-up; a chart beside the law.
. "$DATA/law.sh"
make_runs 70e6 160e6 410e6
"$TAMIS" fit runs.csv --name three --replicates 2 --chart law.svg -o law.json
jq -c 'keys_unsorted, .form, .units, (.parameters | map_values(keys_unsorted)), (.sides.domain | keys_unsorted)' law.json
jq -c '(.sides[] | .bounds_hit, .rows, .ratio, .r2 > 0.9999), .probe, .probe_flop, .warm_up, .runs, .rows' law.json
jq -c '(.leave_one_out | length), (.replicates | .by, .count, .columns, (.general | length))' law.json
grep -c '</svg>' law.svg
