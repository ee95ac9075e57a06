. "$DATA/laws.sh"
make_laws && "$TAMIS" plan law.json code.json music.json --budget difference=0.05 --pool musik=1e9
