"$TAMIS" probe "$DATA/recipe.yaml" --proxy -o P --tokens 5 --target clerk
