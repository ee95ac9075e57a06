# With other shares, what the probe wrote for those that are gone goes; a table is written anew until something is filled
# in, then every row stays, and the runs that it lacks and those no longer made are named.
. "$DATA/setup.sh"
shares() {
    "$TAMIS" probe "$DATA/recipe.yaml" --target clerk --export P --threads 2 --max-bad 1 --progress never --redo \
        --ratios "$1" 2>said || exit
    grep csv said
    ls P/out P/configs | tr '\n' ' '
    echo
    cut -d, -f1 P/runs.csv | tail -n +2 | tr '\n' ' '
    echo
}
shares 0,1/3,1
echo mine >P/configs/probe-033.yaml
echo mine >P/configs/base.trainer.json
shares 0,1/2,1
sed -i 's/^\(probe-050,\),/\19,/' P/runs.csv
cp P/runs.csv before
shares 0,0.2,0.9,1
cmp before P/runs.csv
printf 'run;D\na;1\n' >P/runs.csv
shares 0,1/2,1
