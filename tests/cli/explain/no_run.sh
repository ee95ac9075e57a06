"$TAMIS" explain NOWHERE mill
