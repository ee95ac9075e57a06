# Frames of which every line is kept are copied as they are; others are made anew. The lines are the same either way.
seq 1 400 | sed 's/.*/{"id":"a&","text":"kept for it has enough words & here"}/' >kept.jsonl
seq 1 400 | sed 's/.*/{"id":"b&","text":"kept for it has enough words & there"}/' >mixed.jsonl
echo '{"id":"short","text":"short"}' >>mixed.jsonl
zstd -19 -q -c kept.jsonl >first
zstd -19 -q -c mixed.jsonl >second
cat first second first >in.jsonl.zst
for threads in 1 2; do
    "$TAMIS" filter -q --kind prose --filter length:min_words=3 --threads $threads in.jsonl.zst -o plain.jsonl.zst &&
        "$TAMIS" filter -q --kind prose --filter length:min_words=3 --threads $threads --copy-frames in.jsonl.zst -o copied.jsonl.zst || exit
    zstd -dcq plain.jsonl.zst >plain
    zstd -dcq copied.jsonl.zst | cmp - plain
    head -c "$(wc -c <first)" copied.jsonl.zst | cmp - first && echo "the first frame is the input's"
    tail -c "$(wc -c <first)" copied.jsonl.zst | cmp - first && echo "so is the last"
done
"$TAMIS" filter -q --filter length --copy-frames in.jsonl.zst
