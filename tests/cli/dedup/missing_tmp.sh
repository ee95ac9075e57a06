# A folder for temporary files is not made for a name that may be a slip.
"$TAMIS" dedup --tmp no/folder "$DATA/tales.jsonl"
code=$?
TMPDIR=no/folder "$TAMIS" dedup "$DATA/tales.jsonl" 2>&1 | sed 's/tamis-[0-9]*:/tamis-N:/'
ls
exit $code
