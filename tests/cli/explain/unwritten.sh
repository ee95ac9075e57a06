# What is decided and not written yet is not said to be: first without the text, then with it.
. "$DATA/setup.sh"
make_run --no-text || exit
for id in stack.c rule-7 short; do
    "$TAMIS" explain RUN "$id" | grep fate || exit
    "$TAMIS" explain RUN "$id" --json 2>/dev/null | grep -o '"fate":[^}]*"stage"' || exit
done
make_run || exit
for id in stack.c rule-7 short; do
    "$TAMIS" explain RUN "$id" | grep fate || exit
    "$TAMIS" explain RUN "$id" --json | grep -o '"fate":[^}]*"stage"' || exit
done
