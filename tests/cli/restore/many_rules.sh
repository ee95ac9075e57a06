# A list that no error can hold whole names those first that dropped most, and says how many more there are.
awk 'BEGIN { for (i = 0; i < 45; i++) { text = "word" i; for (k = 1; k <= i; k++) { text = text " word"; }
    print "{\"id\": \"" i "\", \"text\": \"" text "\"}"; } }' >in.jsonl
sed -n '45p;45p;45p' in.jsonl >more.jsonl
{
    printf 'version: 1\nsources:\n  - {name: in, paths: [in.jsonl, more.jsonl], domain: general, kind: prose}\nfilters:\n'
    for i in $(seq 2 44); do
        echo "  - length: {min_words: $i}"
    done
    printf 'holdout: none\naccept: all\n'
} >recipe.yaml
"$TAMIS" run recipe.yaml -o RUN -q >/dev/null
"$TAMIS" restore RUN --rule nosuch
