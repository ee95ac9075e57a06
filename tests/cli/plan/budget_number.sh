# A number alone is a difference.
"$TAMIS" plan "$DATA/full_law.json" --tokens 10e9 --budget 0.05 -q | jq -c '.budget'
"$TAMIS" plan "$DATA/full_law.json" --tokens 10e9 --budget 0.05nats
