"$TAMIS" explain RUN
