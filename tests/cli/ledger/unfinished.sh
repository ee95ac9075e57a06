. "$DATA/setup.sh"
make_run --set targets.clerk.tokens=100000 2>notes
"$TAMIS" ledger RUN --format csv | head -n 3
