# A domain that is hardly thinned, of which one source loses half and another cannot be read.
words='the deed of the house was read aloud and the clerk of the court wrote down what it said'
i=0
while [ $i -lt 200 ]; do
    i=$((i + 1))
    echo "{\"id\": \"w$i\", \"text\": \"$words $i\"}" >>web.jsonl
    [ $i -gt 40 ] || echo "{\"id\": \"s$i\", \"text\": \"$words $((i + 1000))\"}" >>statutes.jsonl
    [ $i -gt 20 ] || echo "{\"id\": \"t$i\", \"text\": \"§ $i\"}" >>statutes.jsonl
    [ $i -gt 30 ] || echo "{\"id\": \"o$i\", \"body\": \"$words\"}" >>other.jsonl
done
echo "{\"id\": \"o\", \"text\": \"$words\"}" >>other.jsonl
cat >recipe.yaml <<R
version: 1
sources:
  - {name: web, paths: [web.jsonl], domain: general, kind: prose}
  - {name: statutes, paths: [statutes.jsonl], domain: general, kind: prose}
  - {name: other, paths: [other.jsonl], domain: general, kind: prose}
filters: [{length: {min_words: 5}}]
dedup: none
holdout: {share: 0.003}
R
"$TAMIS" check recipe.yaml | grep kept
"$TAMIS" run recipe.yaml -o RUN --max-bad 1 --progress never --json 2>said | sed -n '/"warnings"/,/\]/p'
grep -e ^note -e ^warning said
"$TAMIS" check recipe.yaml --set 'accept={length_min_words: 0.5}' >/dev/null
