"$TAMIS" probe "$DATA/recipe.yaml" --export P --target coder --set targets.coder.general=code --set targets.coder.ratio=1
