. "$DATA/setup.sh"
make_run --set targets.clerk.tokens=100000 2>notes
"$TAMIS" report RUN
