"$TAMIS" check "$DATA/recipe.yaml" "$DATA/recipe.yaml"
