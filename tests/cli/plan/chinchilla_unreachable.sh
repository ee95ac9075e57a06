# Refits that cannot reach the loss need endless tokens: they are not left out of the interval, whose end is open then.
. "$DATA/other_laws.sh"
refits() { jq "$1" law.json >other.json && mv other.json law.json; }
make_chinchilla && refits '.replicates = ([range(9)] | map([1.8172, 482.01, 2085.43 + 10 * ., 0.3478, 0.3658])) +
    [[2.4, 482.01, 2085.43, 0.3478, 0.3658]]'
plan_of_law -q --parameters 1e9 --loss 2.6 | jq -c '.tokens, .intervals'
refits '.replicates[9] = [1.9, 482.01, 2085.43, 0.3478, 0.3658]'
plan_of_law -q --parameters 1e9 --loss 2.6 | jq -c '.intervals'
refits '.replicates[9] = [1.9, 0, 2085.43, 0.3478, 0.3658]'
plan_of_law -q --flop 1e21 | jq -c '.intervals'
