mkdir P
echo mine >P/notes
"$TAMIS" probe "$DATA/recipe.yaml" --target clerk --proxy -o P
