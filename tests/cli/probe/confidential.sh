# Tables and configurations hold neither text nor id of a source that is confidential.
. "$DATA/setup.sh"
sed 's/domain: law, kind/domain: law, confidential: true, kind/' "$DATA/recipe.yaml" >recipe.yaml
sed -i "s#paths: \[#paths: [$DATA/#" recipe.yaml
"$TAMIS" probe recipe.yaml --target clerk --export P --threads 2 --max-bad 1 -q || exit
"$TAMIS" probe recipe.yaml --target clerk --proxy -o Q --bytes 4K --base-bytes 4K --checkpoints 5 --max-bad 1 -q || exit
sed -n 's/.*"id": *"\([^"]*\)".*/\1/p' "$DATA/deeds.jsonl" >ids
wc -l <ids
grep -rlF -f ids P/runs.csv P/TRAIN.md P/configs Q
ls -A Q
