# Pools that hold exactly what is wanted are enough, although their shares sum to a little less than 1.
. "$DATA/other_laws.sh"
make_mixing && plan_of_law -q --tokens 6001825916 --max-epochs 1 --pool web=1608590219 --pool code=1800873560 \
    --pool books=2592362137 | jq -c '.pool_tokens, .epochs'
"$TAMIS" plan law.json --tokens 6001825917 --max-epochs 1 --pool web=1608590219 --pool code=1800873560 \
    --pool books=2592362137
