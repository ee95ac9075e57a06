. "$DATA/law.sh"
make_law && jq '.parameters.domain = null' law.json >one.json &&
    "$TAMIS" plan one.json --budget difference=0.05 | jq -c '[(.ratio * 1e6 | round / 1e6), .loss_domain]'
