"$TAMIS" probe "$DATA/recipe.yaml" --export P --bytes 1M --target clerk
