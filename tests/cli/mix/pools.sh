# Sources as they are: copies and short texts too.
. "$DATA/setup.sh"
shown mix "$DATA/recipe.yaml" -o CORPUS --threads 2 --max-bad 1 -q && find CORPUS/out -type f | sort &&
    jq -c '.domains[]' CORPUS/out/coder/manifest.json
