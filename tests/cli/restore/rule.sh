. "$DATA/setup.sh"
make_run && "$TAMIS" restore RUN --rule minhash && zstd -dcq RUN/restored/minhash.jsonl.zst
