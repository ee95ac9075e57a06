. "$DATA/setup.sh"
make_run || exit
"$TAMIS" run "$DATA/recipe.yaml" -o RUN --threads 2 --max-bad 1 -q --set targets.clerk.ratio=0.6
