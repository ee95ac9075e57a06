"$TAMIS" probe "$DATA/recipe.yaml" --target clerk --export P --from-scratch
