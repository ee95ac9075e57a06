# So few tokens that both losses rise where they should fall: the lowest point is taken, and said.
"$TAMIS" plan "$DATA/full_law.json" --tokens 50M --budget difference=1 -o plan.json && jq -c '.ratio, .binding' plan.json
