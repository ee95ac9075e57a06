. "$DATA/setup.sh"
make_run --set sources.tales.confidential=true && "$TAMIS" restore RUN --rule exact -o -
