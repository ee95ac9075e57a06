#!/bin/sh
# The demonstration: the whole flow on the sample corpora, then what to try next. Runs in the checkout.
set -eu
run=build/demo
[ -d "$run" ] && echo "demo: continuing in $run (remove it to begin again)"
build/tamis fit --law dcpt corpora/laws/que2024_chemistry.csv -o build/chemistry.law.json
build/tamis run corpora/demo.yaml -o "$run" --redo
id=$(build/tamis ledger "$run" --format jsonl | sed -n '/"stage":"dedup"/{s/^[^}]*"id":"\([^"]*\)".*/\1/p;q;}')
cat <<TEXT

The run is in $run. Four things to try:

  build/tamis explain $run '${id:-some-id}'
  build/tamis score --scorer tdds:decay=0.1 $run/trajectories | build/tamis select --policy top --keep 0.5 - | head -3
  build/tamis report $run --json | head -40
  build/tamis restore $run --rule duplicated_5_n_grams -o - | head -c 600
TEXT
