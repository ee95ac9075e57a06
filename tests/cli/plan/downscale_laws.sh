# Domains by their laws: with a budget each small model gets general text beside its own.
. "$DATA/laws.sh"
make_laws && "$TAMIS" plan law.json code.json music.json --downscale 210e6 --tokens 2e9 --budget difference=0.05 -q |
    rounded 2 | jq -c '.models, (.targets[] | [.name, .parameters, .ratio, .binding])'
