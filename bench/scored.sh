#!/bin/sh
# A run that scores by the proxy, prunes two domains and mixes two targets by a law: the report as people read it.
# $1: the report to write. TAMIS: the program.
set -eu
report=$1
tamis=${TAMIS:-build/tamis}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
"$tamis" fit --law dcpt corpora/laws/que2024_chemistry.csv -q -o build/que2024_chemistry.law.json
"$tamis" run bench/scored.yaml -q -o "$work/RUN" >"$work/table" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
{
    printf '# Scores and laws on five domains, %s\n\n' "${DATE:-$(date +%F)}"
    printf '`bench/scored.sh`, %s, 2 cores of an x86-64 server that did other work as well; `bench/scored.yaml`.\n\n' \
        "$("$tamis" --version | head -n 1)"
    printf 'Loss of the proxy, bits per byte, at each checkpoint:\n\n'
    jq -r '(.proxy.loss[0] | keys_unsorted) as $domains
        | "| checkpoint | \($domains | join(" | ")) |", "|--:|\($domains | map("--:") | join("|"))|",
        (.proxy.loss | to_entries[] | . as $row
            | "| \(.key + 1) | \($domains | map($row.value[.] / 0.6931471805599453 * 1000 | round / 1000) | join(" | ")) |")
        ' "$work/RUN/scores.json"
    printf '\n```\n'
    tail -n +2 "$work/table"
    printf '```\n'
} >"$report.part"
mv "$report.part" "$report"
