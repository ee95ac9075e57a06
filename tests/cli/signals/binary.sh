# What is no text is refused by name, not rejected line by line; a text may begin with the same letters.
printf 'PAR1\025\004\025 and more' >rows.jsonl
printf 'PK\003\004 and more' >packed.jsonl
printf 'BZh91AY&SY and more' >packed.txt
printf 'PAR1 is a gene' >gene.txt
for file in rows.jsonl packed.jsonl packed.txt gene.txt; do
    "$TAMIS" signals --filter length $file
    echo $?
done
