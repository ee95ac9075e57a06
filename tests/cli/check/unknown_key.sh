printf 'version: 1\nsources:\n  - {name: a, paths: [a.jsonl], domian: law}\n' >recipe.yaml
"$TAMIS" check recipe.yaml
