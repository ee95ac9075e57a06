"$TAMIS" proxy -q --max-bad 1 --checkpoints 2 -o piped <"$DATA/deeds.jsonl" &&
    "$TAMIS" proxy -q --max-bad 1 --checkpoints 2 --threads 3 "$DATA/deeds.jsonl" -o named &&
    cmp piped/loss.npy named/loss.npy && cmp piped/manifest.json named/manifest.json && cat piped/ids.jsonl
