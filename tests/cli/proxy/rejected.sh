"$TAMIS" proxy -q --checkpoints 2 "$DATA/tales.jsonl" -o losses
code=$?
ls -A losses
exit $code
