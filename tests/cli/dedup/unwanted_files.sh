# What is needed of a file may stand at its beginning, and nothing of the files behind it: they are not asked for.
seq 1 200 | sed 's/.*/{"id":"a&","text":"number & stands alone & has words of its own, & of them"}/' >a.jsonl
seq 1 40000 | sed 's/.*/{"id":"b&","text":"one and the same text again and again, as often as it takes to fill several pieces"}/' >>a.jsonl
: >empty.jsonl
tail -n 20000 a.jsonl | sed 's/"b/"c/' >c.jsonl
seq 1 3 | sed 's/.*/{"id":"d&","text":"& more that nobody else has said & times"}/' >d.jsonl
for threads in 1 2 3; do
    "$TAMIS" dedup -q --kind prose --threads $threads a.jsonl empty.jsonl c.jsonl d.jsonl empty.jsonl -o kept.jsonl && wc -l <kept.jsonl
done
