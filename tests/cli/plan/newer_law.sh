. "$DATA/law.sh"
make_law && jq '.version = 3' law.json >newer.json && "$TAMIS" plan newer.json --budget difference=0.05
