# Two losses of the same weight: share moves until both gain the same; books at the least that was probed.
. "$DATA/other_laws.sh"
make_mixing && plan_of_law -q --tokens 1e9
