# As some editors write it, with lines that end in CR LF.
cp "$DATA"/*.jsonl . && { printf '\357\273\277' && sed 's/$/\r/' "$DATA/recipe.yaml"; } >recipe.yaml
"$TAMIS" check recipe.yaml | head -n 5
