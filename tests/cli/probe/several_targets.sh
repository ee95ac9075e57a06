"$TAMIS" probe "$DATA/recipe.yaml" --export P
