. "$DATA/setup.sh"
shown run "$DATA/recipe.yaml" -o RUN --threads 2 --max-bad 1 -q
