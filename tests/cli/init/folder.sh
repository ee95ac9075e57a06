# Sources by argument and kind, whatever the order; a folder of one kind is a glob; what is no text is left out.
prose() { jq -nc --arg n "$1" '{id: $n, text: ("It was said of the house that nobody had lived there for long. "*20)}'; }
code() { jq -nc --arg n "$1" '{id: $n, text: ("int main()\n{\n    return \($n);\n}\n"*9)}'; }
mkdir -p web code/deep mixed many
prose 1 >web/w.jsonl
for n in 1 2 3; do code $n >code/deep/$n.jsonl && code $n >mixed/$n.jsonl && prose $n | gzip >mixed/$n.jsonl.gz; done
prose 4 >mixed/4.jsonl
echo '\x89PNG' >code/a.png
echo 'a,b' >code/b.csv
sources() { "$TAMIS" init "$@" 2>notes | sed -n '/^sources/,/^$/p'; grep left notes; }
sources web/w.jsonl code
sources code web/w.jsonl
sources mixed
for n in $(seq 300); do if [ $((n % 2)) = 0 ]; then code $n; else prose $n; fi >many/$n.jsonl; done
sources many | grep -c -e name: -e jsonl
sources many/*.jsonl | grep -e name:
"$TAMIS" init code/*.csv
"$TAMIS" init -q --format text code | grep name:
rm -r code/deep
"$TAMIS" init code
