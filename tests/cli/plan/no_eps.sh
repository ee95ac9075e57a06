# eps 0 would have an infinite loss at share 0: no law.
jq '.parameters.domain.eps = 0' "$DATA/full_law.json" >law.json && "$TAMIS" plan law.json --budget 0.05
