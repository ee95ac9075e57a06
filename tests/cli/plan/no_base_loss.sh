. "$DATA/law.sh"
make_law && "$TAMIS" plan law.json --parameters 70e6 --budget relative=0.03 --against base
