# The tokens it takes to reach a loss with 1e9 parameters: 12.24e9.
. "$DATA/other_laws.sh"
make_chinchilla && plan_of_law -q --parameters 1e9 --loss 2.6 | jq '{question, tokens, floor, loss}'
