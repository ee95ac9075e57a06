# What a run read is not overwritten by what is told of it.
cp "$DATA"/*.jsonl "$DATA/recipe.yaml" .
"$TAMIS" run recipe.yaml -o RUN --threads 2 --max-bad 1 -q >/dev/null
"$TAMIS" ledger RUN -o deeds.jsonl
"$TAMIS" restore RUN --rule exact -o tales.jsonl
code=$?
cmp deeds.jsonl "$DATA/deeds.jsonl" && cmp tales.jsonl "$DATA/tales.jsonl" && exit $code
