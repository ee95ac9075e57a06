# b = 0.1 R - 0.02 and 0.1 T^-0.5 at T 25: 0.05 nats allow a share of 0.5.
. "$DATA/other_laws.sh"
make_cmr && plan_of_law -q --tokens 5e9
