# Kept lines and drops cannot both go to stdout.
"$TAMIS" filter --filter length:min_words=60 --drops - "$DATA/deeds.jsonl"
