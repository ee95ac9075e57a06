"$TAMIS" fit --law dcpt "$DATA/../../../corpora/laws/que2024_chemistry.csv" --name chemistry --replicates 2
