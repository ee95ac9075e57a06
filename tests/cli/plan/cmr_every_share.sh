# A tolerance that every share keeps.
. "$DATA/other_laws.sh"
make_cmr && plan_of_law -q --tokens 20e9 --tolerance 0.2 | jq '{ratio, binding, warnings}'
