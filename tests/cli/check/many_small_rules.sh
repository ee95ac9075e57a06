# Sixty rules that take less than a hundredth each, and half of a source together: the worst of them is named.
{
    echo 'version: 1'
    echo 'name: codes'
    echo 'rules:'
} >codes.yaml
i=0
while [ $i -lt 240 ]; do
    i=$((i + 1))
    word=$([ $i -le 120 ] && echo "code$((i % 60 + 10))x" || echo plain)
    echo "{\"id\": \"d$i\", \"text\": \"the clerk of the court wrote $word down as document $i of that year\"}" >>web.jsonl
    [ $i -gt 60 ] || printf '  - {name: r%d, summary: a code, pattern: code%dx, test: count, above: 0}\n' $((i + 9)) $((i + 9)) >>codes.yaml
done
cat >recipe.yaml <<R
version: 1
sources: [{name: web, paths: [web.jsonl], domain: general, kind: prose}]
filters: [{regex: {pack: codes.yaml}}]
dedup: none
holdout: none
R
"$TAMIS" check recipe.yaml 2>&1 | grep -e ^note -e ^tamis
