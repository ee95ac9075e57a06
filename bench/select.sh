#!/bin/sh
# tamis select over LINES (20 million) score lines in little memory: scores of six digits, which tie a little, and scores
# that are all equal, which tie altogether. Fails when the peak is 512 MB or more, or when more or less than the share
# stays. $1: the report to write (stdout when not given). TAMIS: the program. TMPDIR needs about 3 GB.
set -eu
report=${1:-/dev/stdout}
tamis=${TAMIS:-build/tamis}
lines=${LINES:-20000000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
load=$(cut -d ' ' -f 1 /proc/loadavg)
${CC:-cc} -O2 -std=c11 bench/score_lines.c -o "$work/score_lines"

# $1: random or equal, $2: policy
row() {
    took=$(python3 bench/measured.py "$work/log" "$tamis" select --policy "$2" --keep 0.7 --memory 400M --tmp "$work" \
        -o "$work/kept" "$work/scores")
    [ "${took##* }" = 0 ] || { echo "failed: $2 of $1 scores" >&2; cat "$work/log" >&2; exit 1; }
    echo "$1 $2 $took $(wc -l <"$work/kept") $(sed -n 's/.* \([0-9]*\) of \([0-9]*\) tokens.*/\1 \2/p' "$work/log")" |
        awk '{
            printf "| %s | %s | %.1f | %.1f | %.0f | %d | %.7f |\n", $1, $2, $3, $4, $5 / 1e6, $7, $8 / $9
            exit $5 >= 512e6 || $8 / $9 < 0.6999 || $8 / $9 > 0.7001
        }' || { echo "the peak is 512 MB or more, or the share is missed: $2 of $1 scores" >&2; exit 1; }
}

{
    printf '# Select, %s\n\n' "${DATE:-$(date +%F)}"
    printf '`bench/select.sh`, %s, 2 cores of an x86-64 server that did other work as well. ' \
        "$("$tamis" --version | head -n 1)"
    printf '%s score lines of 53 bytes, `--keep 0.7 --memory 400M`. Load average when this began: %s.\n\n' \
        "$lines" "$load"
    echo '| scores | policy | wall, s | processor, s | peak memory, MB | ids | share of tokens |'
    echo '|---|---|--:|--:|--:|--:|--:|'
    for scores in random equal; do
        "$work/score_lines" "$lines" $scores >"$work/scores"
        for policy in top bottom middle random; do
            row $scores $policy
        done
    done
} >"$work/report"
cat "$work/report" >"$report"
