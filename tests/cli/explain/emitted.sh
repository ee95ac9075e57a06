. "$DATA/setup.sh"
make_run && "$TAMIS" explain RUN weather && "$TAMIS" explain RUN stack.c
