# Documents that are no JSON lines are written as such, whatever is to be copied.
printf 'first paragraph here\n\nsecond paragraph here\n\n' | zstd -q >p.txt.zst
for verb in "filter --filter length:min_words=1,on=all" dedup; do
    "$TAMIS" $verb -q --kind prose --format paragraphs --copy-frames p.txt.zst -o p.jsonl.zst && zstd -dcq p.jsonl.zst
done
"$TAMIS" filter --no-text --copy-frames --filter length p.txt.zst
"$TAMIS" filter --no-text -o x.jsonl --filter length p.txt.zst
