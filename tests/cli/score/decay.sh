# With most of the weight on the last window, a long run is not looked at.
jq -nc 'range(3) | {id: ., losses: [range(24) as $t | 4 / ($t + 1)]}' >long_run.jsonl
"$TAMIS" score --scorer tdds:window=5 long_run.jsonl >/dev/null
"$TAMIS" score --scorer tdds:window=5,length=10 long_run.jsonl >/dev/null
"$TAMIS" score --scorer tdds:window=5,decay=0.2 long_run.jsonl >/dev/null
# A length that cuts nothing off changes nothing; a window that holds all checkpoints is no end of anything.
"$TAMIS" score --scorer tdds:window=5,length=24 long_run.jsonl 2>&1 >/dev/null | head -1
"$TAMIS" score --scorer tdds:window=24 long_run.jsonl >/dev/null
