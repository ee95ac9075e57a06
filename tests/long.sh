#!/bin/sh
# Tests that take longer than everybody's patience: the promises on every shared corpus at once.
cd "$(dirname "$0")/.." || exit 1
[ -d ../shared/corpora ] || { echo "long tests: no shared corpora beside the checkout; nothing to do"; exit 0; }
run=$(mktemp -d)
trap 'rm -rf "$run"' EXIT
build/tamis run bench/shared.yaml -o "$run/RUN" --set accept=all -q >/dev/null || exit 1
python3 tests/promises/recount.py "$run/RUN"
