printf 'version: 1\nsources: [{name: a, paths: [a.jsonl]}]\nscore: {scorer: dynamic_uncertanty}\n' >recipe.yaml
"$TAMIS" check recipe.yaml
