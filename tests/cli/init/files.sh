. "$DATA/setup.sh"
shown init --threads 2 "$DATA/tales.jsonl" "$DATA/sources.jsonl" 2>notes
code=$?
steady <notes >&2
exit $code
