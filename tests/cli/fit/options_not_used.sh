# An option that a law does not look at is refused by name, with the laws that do.
for pair in 'dcpt --constants c4' 'chinchilla --base-loss 2' 'chinchilla --may-rise' 'data_constrained --starts 4' \
    'data_constrained --seed-noise 0.01' 'mixing_exp --warm-up 0' 'cmr --starts 4' 'cmr --may-rise'; do
    "$TAMIS" fit --law $pair none.csv
    echo "$? $pair"
done
