"$TAMIS" filter --recipe "$DATA/recipe.yaml" --no-text --drops - --max-bad 1 "$DATA/tales.jsonl" "$DATA/deeds.jsonl"
