# One side, no sizes, a base loss in the file; columns of no concern are left alone.
printf '\357\273\277note, loss_general , ratio, base_loss_general\r\n"a, b",2.50,0,2.45\r\nc,2.56,0.33,\r\nd,2.8,0.9,2.45\r\ne,3.4,1,2.45\r\n' >runs.csv
"$TAMIS" fit runs.csv -o law.json && jq -c '.parameters.domain, .probe, .base_loss_general, .source, .warnings' law.json
