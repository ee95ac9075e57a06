"$TAMIS" plan "$DATA/full_law.json" --limited --pool domain=100M --tokens 1e9
