# Losses that are none are counted, never turned into 0; too many of them show in the exit code.
cat >losses.jsonl <<'END'
{"id":"a","losses":[3,NaN,2,1]}
{"id":"b","losses":[3,-1,Infinity,1]}
{"id":"c","losses":[3,2.5,2,1]}
not json
{"losses":[1,2]}
{"id":"d","losses":[1,"2"]}
{"id":"e","step":0,"loss":1}
END
"$TAMIS" score --scorer dynamic_uncertainty:input=loss losses.jsonl
