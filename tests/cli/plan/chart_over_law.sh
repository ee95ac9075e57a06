cp "$DATA/full_law.json" law.json
"$TAMIS" plan law.json --budget difference=0.05 --chart law.json
