# Another slope is told as the user's.
"$TAMIS" plan "$DATA/full_law.json" --parameters 7e9 --tokens 10e9 --budget difference=0.05 --transfer-low -0.05 \
    --transfer-high 0.2 -q | jq -c '.transfer'
