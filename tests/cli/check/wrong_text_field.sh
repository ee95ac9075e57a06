for i in 1 2 3; do
    echo "{\"id\": \"a$i\", \"data\": {\"body\": {\"content\": \"The text number $i is held elsewhere.\"}, \"n\": $i}}"
done >in.jsonl
cat >recipe.yaml <<R
version: 1
sources: [{name: notes, paths: [in.jsonl], domain: general, kind: prose}]
R
"$TAMIS" run recipe.yaml -o RUN -q --no-check || echo "run: $?"
ls
"$TAMIS" filter --filter length --kind prose in.jsonl -o kept.jsonl 2>/dev/null || echo "filter: $?"
ls
"$TAMIS" check recipe.yaml
