"$TAMIS" plan law.json --budget difference=0.05 --pool domian=1e9
