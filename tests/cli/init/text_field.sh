echo '{"key": "a", "body": {"plain": "A text in a field of its own."}}' >in.jsonl
"$TAMIS" init -q --text-field body.plain --id-field key in.jsonl | grep 'name:'
