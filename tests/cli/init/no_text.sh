echo '{"id": "a", "body": "The text is not where it is looked for."}' >in.jsonl
"$TAMIS" init in.jsonl
