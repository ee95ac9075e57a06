cat >scores.jsonl <<\END
{"id":"two\nlines","score":1}
END
"$TAMIS" select --policy top --keep 1 scores.jsonl
