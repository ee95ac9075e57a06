. "$DATA/setup.sh"
make_run && "$TAMIS" restore RUN --rule empty_line
