# The published budget, general loss at most 3 % above the base; the base loss is inferred (corpora/laws/README.md).
. "$DATA/law.sh"
"$TAMIS" fit "$chemistry" -o law.json -q --base-loss 2.8595 &&
    "$TAMIS" plan law.json --parameters 1.8e9 --tokens 10e9 --budget relative=0.03 --against base -o plan.json &&
    jq 'del(.price_of, .pool_tokens) | walk(if type == "number" then (. * 1e5 | round) / 1e5 else . end)' plan.json
