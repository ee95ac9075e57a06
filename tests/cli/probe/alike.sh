"$TAMIS" probe "$DATA/recipe.yaml" --export P --target clerk --ratios 0,0.331,1/3,1
