# A pipe has the kind that a file of the same documents has, told from the first of them, in whatever portions it comes.
code() { seq 300 | jq -c '{id: "code\(.)", text: "int main()\n{\n    return \(.);\n}\n"}'; }
prose() { seq 300 | jq -c '{id: "prose\(.)", text: "Too short a text, this one, the \(.)th."}'; }
(code && prose) >code_first.jsonl
(prose && code) >prose_first.jsonl
for first in code_first prose_first; do
    zstd -q -B1K $first.jsonl
    "$TAMIS" filter -q --filter gopher_quality $first.jsonl | wc -l
    for threads in 1 3; do
        "$TAMIS" filter -q --threads $threads --filter gopher_quality <$first.jsonl | wc -l
        "$TAMIS" filter -q --threads $threads --filter gopher_quality <$first.jsonl.zst | wc -l
    done
    (head -c 5000 $first.jsonl && sleep 0.1 && tail -c +5001 $first.jsonl) |
        "$TAMIS" filter -q --filter gopher_quality | wc -l
    "$TAMIS" filter -q --kind prose --filter gopher_quality <$first.jsonl | wc -l
done
