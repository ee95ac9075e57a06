# A file of code among the inputs leaves the threshold of prose alone.
prose() { seq -f 'word%g' "$1" "$2" | tr '\n' ' ' | jq -Rc "{id: \"$3\", text: .}"; }
code() { seq -f '    int x%g = f();' "$1" "$2" | jq -Rsc "{id: \"$3\", text: .}"; }
(prose 1 104 prose-a && prose 1 94 prose-b) >prose.jsonl
(code 1 60 code-a && code 1 54 code-b) >code.jsonl
"$TAMIS" dedup --drops drops.jsonl prose.jsonl code.jsonl | jq -r .id
cat drops.jsonl
