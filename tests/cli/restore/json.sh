. "$DATA/setup.sh"
make_run && "$TAMIS" restore RUN --rule dedup.exact -o back.jsonl --json -q && cat back.jsonl
