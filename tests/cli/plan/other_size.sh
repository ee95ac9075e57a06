. "$DATA/law.sh"
make_law && "$TAMIS" plan law.json --parameters 1.5e9 --budget relative=0.03
