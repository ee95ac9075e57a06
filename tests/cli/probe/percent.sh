"$TAMIS" probe "$DATA/recipe.yaml" --export P --target clerk --ratios 0,33,67,100
