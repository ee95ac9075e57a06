for i in 1 2 3; do
    echo "{\"id\": \"a$i\", \"body\": \"Something else.\"}"
done >in.jsonl
echo '{"id": "b", "text": "One record has its text where it is looked for."}' >>in.jsonl
"$TAMIS" filter --filter length:min_words=1 --max-bad 1 in.jsonl
