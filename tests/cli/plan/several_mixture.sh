# One mixture: shares that sum to 1, at the budget, a cap that binds, whole tokens.
. "$DATA/laws.sh"
make_laws && "$TAMIS" plan law.json code.json music.json --one-mixture --tokens 20e9 --budget difference=0.05 \
    --pool code=250M --weight music=2 -o plan.json -q &&
    rounded 2 <plan.json | jq -c '[.ratio, .general_ratio, .rest, .binding], (.domains[] | [.name, .ratio, .binding])' &&
    jq -c '(.pool_tokens | add), (([.domains[].ratio] | add) + .general_ratio - 1 | fabs < 1e-9), (.loss_general - .limit | fabs < 1e-6)' plan.json
