. "$DATA/setup.sh"
make_run || exit
shown run "$DATA/recipe.yaml" -o RUN --threads 2 --max-bad 1 -q --set targets.clerk.ratio=0.3 --redo | grep 'target clerk'
