# Two means at one step and no counts to add them up by: such an id has no score.
cat >losses.jsonl <<'END'
{"id":"a","step":0,"loss":3}
{"id":"a","step":0,"loss":2}
{"id":"b","step":0,"loss":3}
{"id":"b","step":1,"loss":1}
END
"$TAMIS" score --scorer dynamic_uncertainty:input=loss losses.jsonl
