. "$DATA/setup.sh"
make_run && "$TAMIS" restore RUN --rule filter.length_min_words -o -
