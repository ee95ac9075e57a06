# What is wrong is the option, not the input.
echo kept >file
"$TAMIS" proxy "$DATA/tales.jsonl" -o file
"$TAMIS" run "$DATA/recipe.yaml" -o file/RUN
"$TAMIS" run "$DATA/recipe.yaml" -o file
code=$?
cat file
exit $code
