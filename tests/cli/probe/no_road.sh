"$TAMIS" probe "$DATA/recipe.yaml"
