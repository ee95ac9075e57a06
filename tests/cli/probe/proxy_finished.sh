mkdir P
echo run >P/runs.csv
"$TAMIS" probe "$DATA/recipe.yaml" --target clerk --proxy -o P
