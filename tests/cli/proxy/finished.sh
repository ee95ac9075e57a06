"$TAMIS" proxy -q --max-bad 1 --checkpoints 2 "$DATA/deeds.jsonl" -o losses && cp losses/loss.npy before
"$TAMIS" proxy -q --max-bad 1 --checkpoints 2 "$DATA/deeds.jsonl" -o losses
code=$?
cmp before losses/loss.npy
exit $code
