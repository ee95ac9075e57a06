# The recipes of docs/RECIPE.md pass the check.
mkdir web law code inhouse
zstd -q "$DATA/tales.jsonl" -o web/tales.jsonl.zst
zstd -q "$DATA/sources.jsonl" -o code/sources.jsonl.zst
head -n 2 "$DATA/deeds.jsonl" | zstd -q -o law/deeds.jsonl.zst
tail -n 3 "$DATA/deeds.jsonl" >inhouse/deeds.jsonl
awk '/^```yaml$/ { n++; inside = 1; next } /^```$/ { inside = 0 } inside { print > (n ".yaml") }' \
    "$DATA/../../../docs/RECIPE.md"
for recipe in *.yaml; do
    "$TAMIS" check "$recipe" --threads 2 -q >checked
    echo "$recipe: exit $?"
    sed -n '/^source /,/^$/p' checked
done
