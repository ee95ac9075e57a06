"$TAMIS" plan law.json --budget differnce=0.05
