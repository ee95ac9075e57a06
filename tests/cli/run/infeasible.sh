. "$DATA/setup.sh"
shown run "$DATA/recipe.yaml" -o RUN --threads 2 -q --set targets.clerk.tokens=100000
