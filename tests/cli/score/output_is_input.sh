echo '{"id":"a","losses":[1]}' >wide.jsonl
"$TAMIS" score --scorer mean_loss wide.jsonl -o wide.jsonl
echo $?
mkdir f && mv wide.jsonl f
"$TAMIS" score --scorer mean_loss f -o f/scores.jsonl
echo $?
ls f
