# The same at a larger size: allowed with the whole law, and loud.
"$TAMIS" plan "$DATA/full_law.json" --parameters 7e9 --tokens 10e9 --budget absolute=2.4 -o plan.json &&
    jq -c '.ratio, .transfer.state, .outside_probe' plan.json
