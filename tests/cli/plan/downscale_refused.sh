# What cannot be asked; the last exit code is kept.
"$TAMIS" plan --downscale 8.03e9 --models 1
"$TAMIS" plan --downscale 8.03e9 --models 2 --pool a=1e9 --pool b=1e9 --pool c=1e9
"$TAMIS" plan --downscale 0.5
"$TAMIS" plan --downscale 8.03e9 --ensemble-a 0
"$TAMIS" plan --downscale 8.03e9 --models 2 --budget difference=0.05
"$TAMIS" plan --downscale 8.03e9 --models 2 --one-mixture
