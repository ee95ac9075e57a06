# Without a number of models: the fewest that fulfil the condition.
for b in 0.6 0.7 0.83; do
    "$TAMIS" plan --downscale 8.03e9 --ensemble-b $b -q | jq -c '[.models, .condition.holds, .p2.verdict]'
done
