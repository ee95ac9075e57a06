. "$DATA/laws.sh"
make_laws && "$TAMIS" plan law.json --tokens 2e9 --budget difference=0.05 --pue 0.9
