. "$DATA/setup.sh"
make_run || exit
find RUN -type f ! -path '*/ledger/*' | sort
for file in RUN/out/clerk/train-00000-of-00001.jsonl RUN/out/clerk/manifest.json RUN/valid/law.jsonl RUN/rejects.jsonl; do
    echo "-- $file"
    cat "$file"
done
