"$TAMIS" probe "$DATA/recipe.yaml" --export P --target clerk --set holdout=none
