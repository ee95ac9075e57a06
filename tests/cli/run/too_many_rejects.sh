"$TAMIS" run "$DATA/recipe.yaml" -o RUN --threads 2 -q >table
