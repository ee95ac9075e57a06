# Beyond the runs the share follows a power of the tokens, told as extrapolated.
. "$DATA/other_laws.sh"
make_cmr && plan_of_law -q --tokens 30e9 | jq '{extrapolated, outside_probe, warnings, ratio: (.ratio * 1000 | round / 1000)}'
