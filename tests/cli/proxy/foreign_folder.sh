mkdir mine && echo precious >mine/note
"$TAMIS" proxy "$DATA/deeds.jsonl" -o mine
code=$?
ls -A mine
exit $code
