. "$DATA/setup.sh"
make_run && "$TAMIS" explain RUN mill-near --json | jq .
