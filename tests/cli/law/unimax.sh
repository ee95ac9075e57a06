"$TAMIS" law unimax tokens=1e9,1e8,1e7 budget=1e9 max_epochs=4
