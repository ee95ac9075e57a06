"$TAMIS" law proposition N0=8.03e9 | jq -c '.fewest_models, .never, .least_ensemble_b, .sweep[]'
