. "$DATA/setup.sh"
make_run && "$TAMIS" explain RUN rule-7
