"$TAMIS" plan "$DATA/full_law.json" --budget difference=0.05 --chart plan.svg -q -o plan.json && head -c 38 plan.svg &&
    grep -c '<path\|<poly' plan.svg
