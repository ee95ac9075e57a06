"$TAMIS" check "$DATA/recipe.yaml" --set targets.coder.ratio=null --set targets.coder.law=law.json
