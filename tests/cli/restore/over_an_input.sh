# What a run read is not overwritten by what is told of it, nor what it wrote.
cp "$DATA"/*.jsonl "$DATA/recipe.yaml" .
"$TAMIS" run recipe.yaml -o RUN --threads 2 --max-bad 1 -q >/dev/null
"$TAMIS" ledger RUN -o deeds.jsonl
"$TAMIS" ledger RUN -o RUN/ledger/part-000000/survey.npy
(cd RUN && "$TAMIS" ledger . -o report.json)
"$TAMIS" restore RUN --rule exact -o RUN/out/../plan.json
"$TAMIS" restore RUN --rule exact -q && "$TAMIS" restore RUN --rule exact -o RUN/restored/mine.jsonl -q && ls RUN/restored
"$TAMIS" restore RUN --rule exact -o tales.jsonl
code=$?
cmp deeds.jsonl "$DATA/deeds.jsonl" && cmp tales.jsonl "$DATA/tales.jsonl" && exit $code
