. "$DATA/setup.sh"
make_run && "$TAMIS" ledger RUN -q -o ledger.jsonl.zst && zstd -dcq ledger.jsonl.zst | jq -r .fate | sort | uniq -c
