. "$DATA/setup.sh"
make_run && "$TAMIS" report RUN --json | jq -c '.input, .emitted, .surplus, .held_out, .dropped[], .rejects[], .conserved'
