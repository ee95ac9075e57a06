# A target by law in a recipe: the plan's ratio, with its interval, the transfer note and the warnings, in plan.json, in
# report.json and in the table.
cp "$DATA/full_law.json" law.json
for domain in law general; do
    i=0
    while [ $i -lt 40 ]; do
        printf '{"id": "%s-%d", "text": "Document %d about %s and the number %d."}\n' $domain $i $i $domain $((i * i))
        i=$((i + 1))
    done >$domain.jsonl
done
cat >recipe.yaml <<'END'
version: 1
dedup: {exact: false, minhash: false}
sources:
  - {name: a, domain: law, paths: [law.jsonl]}
  - {name: b, domain: general, paths: [general.jsonl]}
targets:
  - {name: small, domain: law, general: general, parameters: 1e9, law: law.json, budget: {difference: 0.05}}
  - {name: large, domain: law, general: general, parameters: 7e9, law: law.json, budget: {difference: 0.1}}
END
"$TAMIS" run recipe.yaml -o RUN -q --no-check >table 2>words || { cat words >&2 && exit 1; }
jq '.targets[] | del(.tokens, .domains)' RUN/plan.json &&
    jq -c '.targets[] | [.name, .ratio_wanted, .interval, .transfer, .measure_more]' RUN/report.json &&
    jq '.warnings' RUN/report.json && "$TAMIS" report RUN | grep 'by budget' -A 2
