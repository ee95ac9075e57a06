"$TAMIS" filter --filter '' "$DATA/tales.jsonl"
"$TAMIS" filter --filter length,on=prose "$DATA/tales.jsonl"
"$TAMIS" filter --filter length --recipe "$DATA/recipe.yaml" "$DATA/tales.jsonl"
