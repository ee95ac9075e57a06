"$TAMIS" plan --downscale 8.03e9 --ensemble-b 0.15
