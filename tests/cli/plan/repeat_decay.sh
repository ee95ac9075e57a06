# Repeats by their worth: the optimum of a weighted sum moves down.
for how in "" --repeat-decay; do
    "$TAMIS" plan "$DATA/full_law.json" --tokens 20e9 --budget weight=0.5 --pool domain=1e9 --max-epochs 16 $how \
        -o plan.json || exit
    jq -c '[.ratio, .worth_ratio, .loss_domain], .repeats' plan.json
done
