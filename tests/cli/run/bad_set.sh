"$TAMIS" run "$DATA/recipe.yaml" -o RUN --set targets.clark.ratio=0.3
