# Four epochs: worth 3.726 times the unique tokens, 0.823 the last one; the other valley says 3.91.
. "$DATA/other_laws.sh"
make_constrained && plan_of_law -q --parameters 4e8 --tokens 40e9 --unique 10e9
