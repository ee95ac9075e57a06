. "$DATA/setup.sh"
make_run && "$TAMIS" ledger RUN
