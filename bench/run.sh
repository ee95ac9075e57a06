#!/bin/sh
# Measures and keeps the results as dated files in bench/results. Arguments choose among:
# shared speed peers scale hyperscan recall cap scored proxy select laws.
# TAMIS names the program (build/tamis), TAMIS_SHARED_CORPORA the corpora (../shared/corpora), DATE the files' date.
set -eu
cd "$(dirname "$0")/.."
TAMIS=$(realpath "${TAMIS:-build/tamis}")
corpora=$(realpath -m "${TAMIS_SHARED_CORPORA:-../shared/corpora}")
DATE=${DATE:-$(date +%F)}
export TAMIS DATE
if [ ! -d "$corpora" ]; then
    echo "bench: no corpora in $corpora: nothing is measured. Set TAMIS_SHARED_CORPORA to where they are."
    exit 0
fi
mkdir -p bench/results
[ $# -gt 0 ] || set -- shared speed peers scale hyperscan recall cap scored proxy select laws
for what in "$@"; do
    report=bench/results/$DATE-$what.md
    echo "== $what -> $report"
    case $what in
    shared) sh bench/shared.sh "$report" ;;
    speed) sh bench/speed.sh "$report" ;;
    peers) sh bench/speed_corpora.sh build/bench && python3 bench/peers/peers.py "$report" ;;
    scale) sh bench/scale.sh "$corpora" "$report" ;;
    recall) python3 bench/recall.py "$TAMIS" "$report" "$corpora/medquad.jsonl.zst" "$corpora/dc_code.jsonl.zst" \
        "$corpora/gov_web.jsonl.zst" ;;
    cap) python3 bench/cap.py "$TAMIS" "$report" "$corpora/medquad.jsonl.zst" "$corpora/dc_code.jsonl.zst" \
        "$corpora/lilypond_doc.jsonl.zst" ;;
    scored) sh bench/scored.sh "$report" ;;
    proxy) python3 bench/proxy.py "$TAMIS" "$report" "$corpora" ;;
    hyperscan) python3 bench/hyperscan.py "$report" build/bench/prose.jsonl.zst ;;
    select) sh bench/select.sh "$report" ;;
    laws) sh bench/laws.sh "$report" ;;
    *) echo "bench: no measurement is called $what; see bench/README.md" >&2 && exit 2 ;;
    esac
done
