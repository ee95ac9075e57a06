zstd -qc "$DATA/scores.jsonl" >scores.zst
gzip -c "$DATA/scores.jsonl" >scores.gz
"$TAMIS" select -q --policy top --keep 0.5 scores.zst -o kept.txt.zst && zstd -dcq kept.txt.zst
"$TAMIS" select -q --policy top --keep 0.5 scores.gz --json --threads 2
