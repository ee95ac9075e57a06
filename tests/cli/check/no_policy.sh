printf 'version: 1\nsources: [{name: a, paths: [a.jsonl]}]\nscore: {scorer: mean_loss}\nselect:\n  general: {keep: 0.5}\n' >recipe.yaml
"$TAMIS" check recipe.yaml
