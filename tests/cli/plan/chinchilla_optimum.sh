# The best size and tokens for some operations, by published constants: 18.4 tokens a parameter.
. "$DATA/other_laws.sh"
make_chinchilla && plan_of_law -q --flop 5.76e23 | jq '{question, tokens_per_parameter, loss, outside_probe}'
