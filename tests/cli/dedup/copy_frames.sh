# Frames of which every line stays are copied as they are; the lines are the same either way.
seq 1 300 | sed 's/.*/{"id":"a&","text":"number & stands here alone and has no twin at all &"}/' >first.jsonl
(seq 1 300 | sed 's/.*/{"id":"b&","text":"& is one that has & words of its own, all &"}/'; head -n 3 first.jsonl) >second.jsonl
zstd -19 -q -c first.jsonl >first
zstd -19 -q -c second.jsonl >second
cat first second >in.jsonl.zst
for threads in 1 2; do
    "$TAMIS" dedup -q --kind prose --threads $threads in.jsonl.zst -o plain.jsonl.zst &&
        "$TAMIS" dedup -q --kind prose --threads $threads --copy-frames in.jsonl.zst -o copied.jsonl.zst || exit
    zstd -dcq plain.jsonl.zst >plain
    wc -l <plain
    zstd -dcq copied.jsonl.zst | cmp - plain
    head -c "$(wc -c <first)" copied.jsonl.zst | cmp - first && echo "the first frame is the input's"
done
