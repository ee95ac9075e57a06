"$TAMIS" run "$DATA/recipe.yaml"
