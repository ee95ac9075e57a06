# Of several files one has no text: its record is a reject, as it is where the files are one.
echo '{"id": "a", "text": null}' >a.jsonl
echo '{"id": "b", "text": "A text that is looked for where it is."}' >b.jsonl
"$TAMIS" filter --filter length:min_words=1 --max-bad 1 a.jsonl b.jsonl
