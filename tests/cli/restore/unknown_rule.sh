. "$DATA/setup.sh"
make_run && "$TAMIS" restore RUN --rule length_min_wrods
