# Decides without writing, then writes: what --no-text left out is all that is done.
. "$DATA/setup.sh"
"$TAMIS" run "$DATA/recipe.yaml" -o RUN --threads 2 --max-bad 1 --no-text --progress never 2>said || exit
grep decided said
ls RUN
stat -c '%n %y' RUN/ledger/part-*/* >before
shown run "$DATA/recipe.yaml" -o RUN --threads 2 --max-bad 1 -q >table || exit
stat -c '%n %y' RUN/ledger/part-*/* >after
diff before after
ls RUN
