# With most of the weight on the last window, a long run is not looked at.
jq -nc 'range(3) | {id: ., losses: [range(24) as $t | 4 / ($t + 1)]}' >long_run.jsonl
"$TAMIS" score --scorer tdds:window=5 long_run.jsonl >/dev/null
"$TAMIS" score --scorer tdds:window=5,length=10 long_run.jsonl >/dev/null
"$TAMIS" score --scorer tdds:window=5,decay=0.2 long_run.jsonl >/dev/null
