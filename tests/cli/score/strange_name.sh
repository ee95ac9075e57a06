# A file name cannot speak to the terminal.
name=$(printf 'a\033[31mb.jsonl')
{
    echo '{"id":"a","losses":[3,2,1]}'
    echo 'not json'
} >"$name"
"$TAMIS" score --scorer mean_loss --max-bad 1 "$name" -o scores.jsonl
