cat >scores.jsonl <<\END
{"id":"a","score":1,"domain":"\u001b[31mred"}
{"id":"b","score":2,"domain":""}
END
"$TAMIS" select --policy top --keep 0.5 scores.jsonl
