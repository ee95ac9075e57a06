# Decided, not written: the fates are the run's, and every row that waits for emit says so.
. "$DATA/setup.sh"
make_run --no-text || exit
"$TAMIS" ledger RUN >rows || exit
grep -o '"fate":"[a-z_]*"\(,"written":false\)\?' rows | sort | uniq -c | sed 's/^ *//'
"$TAMIS" ledger RUN --format csv 2>/dev/null | head -n 2
"$TAMIS" run "$DATA/recipe.yaml" -o RUN --threads 2 --max-bad 1 -q --no-text --json
