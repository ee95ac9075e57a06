{
    echo 'version: 1'
    echo 'sources: [{name: a, paths: [a.jsonl]}, {name: b, paths: [b.jsonl], domain: law}]'
    echo 'targets:'
    echo '  - {name: clerk, domain: law, law: laws/clerk.json, budget: {difference: 0.05}}'
} >recipe.yaml
"$TAMIS" check recipe.yaml
