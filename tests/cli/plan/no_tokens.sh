"$TAMIS" plan "$DATA/full_law.json" --tokens 0 --budget difference=0.05
