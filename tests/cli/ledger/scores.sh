. "$DATA/scored.sh"
make_scored_run && "$TAMIS" ledger RUN | jq -c "[.id, .fate, .rule, .scores]" && "$TAMIS" ledger RUN --format csv | cut -d, -f2,15 | tail -n 4
