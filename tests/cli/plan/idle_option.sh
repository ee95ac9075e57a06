"$TAMIS" plan "$DATA/full_law.json" --budget difference=0.05 --tolerance 0.1
