. "$DATA/setup.sh"
shown check "$DATA/recipe.yaml" --threads 2
