. "$DATA/law.sh"
make_law && "$TAMIS" plan law.json --limited --pool domain=100M
