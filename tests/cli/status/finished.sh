. "$DATA/setup.sh"
make_run && "$TAMIS" status RUN
