. "$DATA/law.sh"
make_law && "$TAMIS" plan law.json --tokens 2e9 --budget difference=0.1 --pool general=100e6
