. "$DATA/laws.sh"
make_laws && "$TAMIS" plan law.json code.json --budget difference=0.05 --weight code=2
