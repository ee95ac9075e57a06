"$TAMIS" probe "$DATA/recipe.yaml" --export P --proxy -o Q --target clerk
