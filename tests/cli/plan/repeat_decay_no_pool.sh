"$TAMIS" plan "$DATA/full_law.json" --tokens 20e9 --budget weight=0.5 --repeat-decay
