# A pool that may be used twice caps its share.
. "$DATA/other_laws.sh"
make_mixing && plan_of_law -q --tokens 1e9 --pool web=1e8 --max-epochs 2 | jq '{mixture, pool_tokens, epochs}'
