# A rule made for prose leaves code alone unless it is told otherwise.
"$TAMIS" filter --kind code --filter gopher_quality --no-text --drops - "$DATA/sources.jsonl" &&
    "$TAMIS" filter --kind code --filter gopher_quality:on=code --no-text --drops - "$DATA/sources.jsonl"
