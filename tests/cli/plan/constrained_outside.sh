# Fifty epochs are outside of what the law is made for, and the plan says so.
. "$DATA/other_laws.sh"
make_constrained && plan_of_law -q --parameters 4e8 --tokens 50e9 --unique 1e9 | jq '{outside_law, epochs, warnings}'
