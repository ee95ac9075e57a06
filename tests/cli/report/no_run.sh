"$TAMIS" report NOWHERE
