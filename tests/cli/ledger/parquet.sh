. "$DATA/setup.sh"
make_run && "$TAMIS" ledger RUN --format parquet -o ledger.parquet
