. "$DATA/law.sh"
make_law && for w in 0 0.2 0.5 0.8 1; do
    "$TAMIS" plan law.json --budget weight=$w -q | jq -c '[(.ratio * 1e6 | round / 1e6), .limit, .binding]'
done
