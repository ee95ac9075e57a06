# What a kill left behind under other options is not taken up; what it left half written goes.
mkdir -p losses/.work/training && echo junk >losses/.work/training/training.json && echo junk >losses/.loss.npy.tmp-1
"$TAMIS" proxy -q --max-bad 1 --checkpoints 2 "$DATA/deeds.jsonl" -o losses && ls -A losses
