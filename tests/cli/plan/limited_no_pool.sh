"$TAMIS" plan "$DATA/full_law.json" --limited
