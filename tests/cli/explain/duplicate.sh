. "$DATA/setup.sh"
make_run && "$TAMIS" explain RUN mill-copy && "$TAMIS" explain RUN mill-near && "$TAMIS" explain RUN mill
