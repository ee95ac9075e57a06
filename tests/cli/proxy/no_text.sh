printf '{"id":"a","text":""}\n{"id":"b","text":"x"}\n' >in.jsonl
"$TAMIS" proxy in.jsonl -o losses
code=$?
ls -A
exit $code
