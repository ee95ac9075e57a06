# Without the run without replay no plan goes beyond the largest share probed.
. "$DATA/law.sh"
grep -v ',1.00,' "$chemistry" >runs.csv && "$TAMIS" fit runs.csv -o law.json &&
    "$TAMIS" plan law.json --budget absolute=3 --parameters 1.8e9 | jq -c '[.ratio, .binding, .outside_probe]'
