. "$DATA/setup.sh"
make_run --set sources.tales.confidential=true && "$TAMIS" explain RUN mill-copy &&
    "$TAMIS" explain RUN mill-copy --show-confidential | head -n 1
