# Pools that fill the tokens exactly leave one share; one token more is too much. Tokens add up.
"$TAMIS" plan "$DATA/full_law.json" --tokens 4000000004 --budget difference=5 --pool domain=500000001 \
    --pool general=500M -o plan.json && jq -c '.ratio, .pool_tokens, .epochs' plan.json &&
    "$TAMIS" plan "$DATA/full_law.json" --tokens 4000000005 --budget difference=5 --pool domain=500000001 --pool general=500M
