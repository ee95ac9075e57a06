# The domain's text is all there is: ratio and tokens by the law, at one use and at up to four.
for epochs in 1 4; do
    "$TAMIS" plan "$DATA/full_law.json" --limited --pool domain=100M --max-epochs $epochs -o plan.json || exit
    jq -c '.usage, .budget, .ratio, .tokens, .binding, .epochs' plan.json
done
