. "$DATA/setup.sh"
make_run && "$TAMIS" restore RUN
