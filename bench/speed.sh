#!/bin/sh
# How fast, as multiples of `zstd -dc FILE > /dev/null`: builds the corpora where they are missing, then measures.
# $1: the report to write. TAMIS: the program (build/tamis). ROUNDS (5), SLICE: megabytes of each corpus to measure
# (all), SPEED_DIR: where the corpora are (build/bench), ONLY: rows whose names contain this word.
set -eu
report=$(realpath -m "$1")
cd "$(dirname "$0")/.."
TAMIS=$(realpath "${TAMIS:-build/tamis}")
export TAMIS
folder=$(realpath -m "${SPEED_DIR:-build/bench}")
variants='prose.single prose.gz prose.200 prose.200k prose.many'
if [ -n "${SLICE:-}" ]; then
    sh bench/speed_corpora.sh "$folder"
    python3 bench/speed.py slice "$folder" "$folder/slice" "$SLICE"
    folder=$folder/slice
    sh bench/speed_corpora.sh -v "$folder" $variants
else
    sh bench/speed_corpora.sh "$folder" $variants
fi
python3 bench/speed.py measure "$folder" "$report.part"
mv "$report.part" "$report"
cat "$report"
