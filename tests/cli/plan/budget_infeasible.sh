. "$DATA/law.sh"
make_law && "$TAMIS" plan law.json --parameters 70e6 --budget absolute=2
