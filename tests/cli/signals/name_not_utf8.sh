file=$(printf 'caf\351.jsonl')
cp "$DATA/tales.jsonl" "$file"
"$TAMIS" signals "$file" 2>&1 | grep -c 'the name of this file is not UTF-8'
"$TAMIS" signals "$file" 2>/dev/null
