# 1e9 parameters, 70 of 100e9 tokens, H100 at 700 W in the USA; a scorer of 125M that reads everything once.
. "$DATA/laws.sh"
make_laws && "$TAMIS" plan law.json --parameters 1e9 --tokens 70e9 --budget difference=0.05 --utilisation-low 0.4 \
    --utilisation-high 0.4 --watts 700 --grid USA --full-tokens 100e9 --scorer-parameters 125e6 --probe-flop 0 \
    -o plan.json 2>words && grep -e '^cost' -e '^  pruning' -e '^  \.\. ' words >&2
rounded 2 <plan.json | jq -c '.kg_co2e, .embodied_kg, .price_of, (.net | [.saved.kg_co2e, .scoring.kg_co2e, .net.kg_co2e,
    .break_even_scorer_parameters, .break_even_quality])'
