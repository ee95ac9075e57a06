. "$DATA/setup.sh"
make_run --set output.dropped=full || exit
for file in RUN/dropped/*; do
    echo "-- $file"
    cat "$file"
done
