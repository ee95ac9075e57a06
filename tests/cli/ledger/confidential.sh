. "$DATA/setup.sh"
make_run --set sources.deeds.confidential=true && "$TAMIS" ledger RUN --format csv | head -n 7
