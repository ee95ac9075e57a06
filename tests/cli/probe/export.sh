# Corpora at the shares asked for, held-out text, configurations, and a table to be filled in.
. "$DATA/setup.sh"
shown probe "$DATA/recipe.yaml" --target clerk --export P --threads 2 --max-bad 1 --ratios 0,1/2,1 -q --json || exit
find P -type f ! -path '*/ledger/*' | sort
cat P/runs.csv P/configs/probe-050.trainer.json P/configs/probe-050.megatron.json P/TRAIN.md
sed -n '/^targets/,/^[a-s]/p' P/recipe.yaml
"$TAMIS" fit P/runs.csv 2>&1 || :
