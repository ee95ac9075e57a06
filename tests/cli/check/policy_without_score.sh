"$TAMIS" check "$DATA/recipe.yaml" --set 'select={law: {keep: 0.5, policy: top}}'
