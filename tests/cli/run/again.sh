# A finished run is shown again and nothing is done again.
. "$DATA/setup.sh"
make_run || exit
find RUN/out RUN/valid RUN/dropped RUN/ledger RUN/report.json -type f -exec stat -c '%n %y' {} + | sort >before
shown run "$DATA/recipe.yaml" -o RUN --threads 2 --max-bad 1 -q >table || exit
find RUN/out RUN/valid RUN/dropped RUN/ledger RUN/report.json -type f -exec stat -c '%n %y' {} + | sort >after
sed -n 1,3p table
diff before after
