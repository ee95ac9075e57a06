# A longer line is a reject, its neighbours are not touched.
printf '{"id":"long","text":"%2000s"}\n{"id":"after","text":"one"}\n' x >in.jsonl
"$TAMIS" filter --max-line 1K --max-bad 1 -q --filter length:min_words=1 --drops drops.jsonl in.jsonl && jq -c '[.id, .rule, .value]' drops.jsonl
