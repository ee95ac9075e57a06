"$TAMIS" probe "$DATA/recipe.yaml" --proxy --target clerk
