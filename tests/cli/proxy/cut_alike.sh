# Cut into files otherwise, with the same ids: the same trajectories.
head -n 4 "$DATA/deeds.jsonl" >a.jsonl
tail -n +5 "$DATA/deeds.jsonl" >b.jsonl
"$TAMIS" proxy -q --max-bad 1 --checkpoints 2 --passes 1 "$DATA/deeds.jsonl" -o whole &&
    "$TAMIS" proxy -q --max-bad 1 --checkpoints 2 --passes 1 a.jsonl b.jsonl -o parts && cmp whole/loss.npy parts/loss.npy
