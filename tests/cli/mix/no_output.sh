"$TAMIS" mix "$DATA/recipe.yaml"
