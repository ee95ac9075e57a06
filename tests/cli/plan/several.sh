# A target for each law; the general pool is shared, or each has its own part of it.
. "$DATA/laws.sh"
make_laws && "$TAMIS" plan law.json code.json music.json --tokens 20e9 --budget difference=0.05 --pool general=6e9 \
    --pool code=1e9 -o plan.json -q && rounded 2 <plan.json | jq -c '(.targets[] | [.name, .ratio, .binding, .epochs]), .usage' &&
    jq -c '([.targets[].pool_tokens | add] | unique), (.general_pool | .disjoint.tokens > .shared.tokens), .general_pool.disjoint.enough' plan.json &&
    jq -c '[.all.flop, .targets[0].flop]' plan.json
