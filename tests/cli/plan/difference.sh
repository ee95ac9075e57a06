# The ratio holds at another size by the law's form, and the plan says that this is no finding.
. "$DATA/law.sh"
make_law && "$TAMIS" plan law.json --parameters 1.5e9 --tokens 20e9 --budget difference=0.05 -o plan.json &&
    jq 'del(.price_of, .pool_tokens) | walk(if type == "number" then (. * 1e5 | round) / 1e5 else . end)' plan.json
