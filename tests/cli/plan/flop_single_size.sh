. "$DATA/law.sh"
make_law && "$TAMIS" plan law.json --flop 1e20 --budget difference=0.05
