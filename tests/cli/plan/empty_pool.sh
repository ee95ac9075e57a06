# No text of the domain: ratio 0. No text at all: infeasible.
"$TAMIS" plan "$DATA/full_law.json" --tokens 1e9 --budget difference=0.05 --pool domain=0 -o plan.json &&
    jq -c '.ratio, .binding, .pool_tokens, .epochs' plan.json &&
    "$TAMIS" plan "$DATA/full_law.json" --tokens 1e9 --budget difference=0.05 --pool domain=0 --pool general=0
