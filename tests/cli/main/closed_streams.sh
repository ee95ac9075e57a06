# What would be said goes into no file that took the number of a stream that is closed.
cp "$DATA"/*.jsonl "$DATA/recipe.yaml" .
"$TAMIS" run recipe.yaml -o RUN --threads 2 --max-bad 1 -q >&-
code=$?
wc -c <RUN/.lock
"$TAMIS" filter --filter length --no-text tales.jsonl --drops drops 2>&- <&-
grep -c rejected drops
"$TAMIS" signals <&- && echo read
exit $code
