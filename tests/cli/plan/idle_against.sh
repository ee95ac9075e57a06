"$TAMIS" plan law.json --budget weight=0.5 --against base
