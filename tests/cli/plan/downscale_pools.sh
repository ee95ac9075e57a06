# Domains by their pools; one is too small for its model.
"$TAMIS" plan --downscale 4e9 --tokens 40e9 --pool law=5e9 --pool code=40e9 -o plan.json &&
    jq -c '.targets[] | [.name, .parameters, .optimal_tokens, .epochs]' plan.json
