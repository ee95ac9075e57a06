. "$DATA/scored.sh"
make_scored_run && "$TAMIS" explain RUN orchard | sed "/signals/,\$d" && "$TAMIS" explain RUN ferry | sed "/signals/,\$d"
