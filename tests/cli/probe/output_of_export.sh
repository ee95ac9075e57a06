"$TAMIS" probe "$DATA/recipe.yaml" --export P -o Q --target clerk
