# A size that the pools cannot give is refused with what they can.
. "$DATA/setup.sh"
shown probe "$DATA/recipe.yaml" --target clerk --export P --threads 2 --max-bad 1 -q --tokens 100000
