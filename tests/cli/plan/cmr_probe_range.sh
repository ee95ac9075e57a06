# Shares 0.2 to 0.6 were probed: more is not planned, whatever the curve allows; a model ten times as large is unverified.
. "$DATA/other_laws.sh"
make_cmr && jq 'del(.ratios[2]) | .probe.ratio = [0.2, 0.6]' law.json >short.json && mv short.json law.json
plan_of_law --tokens 20e9 --tolerance 0.095 --parameters 4.6e9 |
    jq '{ratio, wanted_ratio, binding, general_loss_rises, domain_loss_rises, outside_probe, transfer, warnings}'
plan_of_law -q --tokens 20e9 --tolerance 0.2 | jq -c '[.ratio, .binding, .transfer.state]'
plan_of_law -q --tokens 30e9 --tolerance 0.095 | jq -c '[.ratio, .binding, .outside_probe]'
