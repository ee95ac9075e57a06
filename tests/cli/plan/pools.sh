# Too little domain text: repeats set the ratio.
. "$DATA/law.sh"
make_law && "$TAMIS" plan law.json --tokens 2e9 --budget difference=0.1 --pool domain=200M --pool general=10e9 -o plan.json &&
    jq -c '.ratio, (.wanted_ratio * 1e6 | round / 1e6), .binding, .pool_tokens, .epochs, .warnings' plan.json
