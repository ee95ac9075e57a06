# What init writes, check takes.
"$TAMIS" init -q "$DATA/deeds.jsonl" -o recipe.yaml && "$TAMIS" check recipe.yaml --json | jq -c '.sources, .gate'
