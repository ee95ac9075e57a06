# The condition, what is weak in it, and the tokens of each small model; the costs are equal by construction.
"$TAMIS" plan --downscale 8.03e9 --models 7 --tokens 160e9 -o plan.json && jq -c '.condition.caveats |= length |
    .condition, .p2, (.targets | length), .targets[0], ([.compared.large, .compared.all_small] | map(.kg_co2e) | unique | length)
    ' plan.json
