# Pools that fill less than the budget leaves: the caps are filled, the rest is general text.
. "$DATA/laws.sh"
make_laws && "$TAMIS" plan law.json code.json --one-mixture --tokens 20e9 --budget difference=0.2 --pool law=100M \
    --pool code=250M -q | rounded 4 | jq -c '[.domains[].ratio], .general_ratio, .binding, .pool_tokens, .epochs'
