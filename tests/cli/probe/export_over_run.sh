# A run that is no probe keeps its corpora, with --redo too; so does a probe before a run that is none.
. "$DATA/setup.sh"
make_run || exit
find RUN -type f -exec cksum {} + | sort >before
"$TAMIS" probe "$DATA/recipe.yaml" --target clerk --export RUN -q
"$TAMIS" probe "$DATA/recipe.yaml" --target clerk --export RUN -q --redo
echo $?
find RUN -type f -exec cksum {} + | sort | diff before -
"$TAMIS" probe "$DATA/recipe.yaml" --target clerk --export P -q --max-bad 1 --ratios 0,0.5,1 || exit
find P -type f -exec cksum {} + | sort >before
"$TAMIS" run "$DATA/recipe.yaml" -o P -q --redo
echo $?
"$TAMIS" mix "$DATA/recipe.yaml" -o P -q --redo 2>/dev/null
echo $?
find P -type f -exec cksum {} + | sort | diff before -
