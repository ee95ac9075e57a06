printf PAR1 >rows.parquet
printf 'version: 1\nsources: [{name: rows, paths: [rows.parquet]}]\n' >recipe.yaml
"$TAMIS" check recipe.yaml
"$TAMIS" signals rows.parquet
