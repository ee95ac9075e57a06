. "$DATA/setup.sh"
shown run "$DATA/recipe.yaml" -o RUN --threads 2 --memory 1M -q
