# Without a base the table says that its law is none of going on.
. "$DATA/setup.sh"
"$TAMIS" probe "$DATA/recipe.yaml" --target clerk --proxy -o P --from-scratch --bytes 4K --checkpoints 5 --max-bad 1 -q || exit
cut -d, -f1,2,3,4,5,8- P/runs.csv | tail -2
grep -A1 'drawn weights' P/README.md
