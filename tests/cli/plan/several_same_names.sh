# Two laws of one name are told apart by their place.
. "$DATA/laws.sh"
make_laws && cp law.json again.json && "$TAMIS" plan law.json again.json --tokens 2e9 --budget difference=0.05 -q \
    --pool domain2=1e6 | jq -c '.targets[] | [.name, .law_file, .binding]'
