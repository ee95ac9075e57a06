# Filters come first: what they drop is no keeper, and every drop is told of.
cat >in.jsonl <<'IN'
{"id":"short","text":"one two"}
{"id":"first","text":"a dozen words that stand in the same order in two of these documents"}
{"id":"shout","text":"A DOZEN WORDS THAT STAND IN THE SAME ORDER IN TWO OF THESE DOCUMENTS!"}
{"id":"second","text":"a dozen words that stand in the same order in two of these documents"}
no json
IN
"$TAMIS" dedup --kind prose --filter length:min_words=3 --drops drops.jsonl --clusters clusters.jsonl --max-bad 1 --threads 1 --progress never in.jsonl
for file in drops.jsonl clusters.jsonl; do
    echo "-- $file"
    cat $file
done
"$TAMIS" dedup -q --filter lenght in.jsonl
