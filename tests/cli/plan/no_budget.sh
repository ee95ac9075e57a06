"$TAMIS" plan law.json
