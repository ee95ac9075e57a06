# Nothing is written.
"$TAMIS" run "$DATA/recipe.yaml" -o RUN --dry-run -q >table && ls
