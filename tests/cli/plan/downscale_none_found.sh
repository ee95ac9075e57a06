# With b hardly above the least one the condition may hold for more than a million models: that is not never.
for b in 0.546553 0.546554 0.54665; do
    "$TAMIS" plan --downscale 8.03e9 --models 2 --ensemble-b $b -q |
        jq -c '.condition | [.least_ensemble_b, .fewest_models, .never, .none_up_to]'
done
"$TAMIS" plan --downscale 8.03e9 --models 2 --ensemble-b 0.546554 2>&1 >plan.json | head -1
