# Utilisation is a range, so all that follows from it is: least, most.
. "$DATA/laws.sh"
make_laws && "$TAMIS" plan law.json --parameters 1e9 --tokens 100e9 --budget difference=0.05 -q | rounded 2 |
    jq -c '.flop, .gpu_hours, .kwh, .kg_co2e, .embodied_kg, .price_of.utilisation, .price_of.grid, .net'
