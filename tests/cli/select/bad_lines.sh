cat >scores.jsonl <<END
{"id":"a","score":1}
{"id":"b"}
{"score":2}
{"id":"c","score":"high"}
{"id":"d","score":1,"tokens":-1}
{"id":"e","score":1,"tokens":1.5}
{"id":"f","score":1,"domain":7}
not json

{"id":17,"score":1,"tokens":null,"domain":null}
END
"$TAMIS" select -v --policy top --keep 1 scores.jsonl
