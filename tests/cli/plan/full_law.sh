# A budget on the level of the loss, at a size that was measured: too wide an interval says what to add.
cp "$DATA/full_law.json" law.json
"$TAMIS" plan law.json --parameters 1.8e9 --tokens 10e9 --budget absolute=2.55 -o plan.json &&
    jq -c '.ratio, .interval, .refits, .left_out, .transfer, .measure_more, .loss_domain_interval' plan.json
