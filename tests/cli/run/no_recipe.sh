"$TAMIS" run -o RUN
