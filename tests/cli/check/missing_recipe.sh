"$TAMIS" check no-such-recipe.yaml
