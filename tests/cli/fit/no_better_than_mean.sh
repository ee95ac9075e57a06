# One run far off draws the mean away from the curve through all others.
{
    echo ratio,loss_domain,loss_general
    for i in 1 2 3 4 5 6; do printf '0,2.1%d,2.1\n0.5,2.05,2.2\n1,2.0%d,2.3\n' $i $i; done
    echo 0.5,9,2.2
} >runs.csv
"$TAMIS" fit runs.csv --replicates 0 -o law.json 2>&1 | grep 'R2 is'
