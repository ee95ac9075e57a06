# The law that the probe is for need not be there yet.
. "$DATA/setup.sh"
sed -e "s#paths: \[#paths: [$DATA/#" -e 's/ratio: 0.4,/law: to-come.json, budget: {difference: 0.1},/' "$DATA/recipe.yaml" >recipe.yaml
"$TAMIS" probe recipe.yaml --target clerk --export P --threads 2 --max-bad 1 -q && head -2 P/runs.csv
"$TAMIS" run recipe.yaml -o RUN -q
