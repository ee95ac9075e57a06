# Operations are what there is: share, size and tokens agree.
"$TAMIS" plan "$DATA/full_law.json" --flop 1e20 --budget difference=0.05 -o plan.json &&
    jq -c '.usage, .ratio, .parameters, .tokens, .flop' plan.json
