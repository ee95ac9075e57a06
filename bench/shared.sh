#!/bin/sh
# The main job on the shared corpora, once for every recipe bench/shared*.yaml: what the gate says, what the run costs,
# and what each rule takes of each domain. $1: the report to write. TAMIS: the program.
set -eu
report=$1
tamis=${TAMIS:-build/tamis}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# A command's wall seconds, processor seconds and peak MB, as table cells; the exit code goes to $work/code.
measured() {
    python3 bench/measured.py "$work/log" "$@" >"$work/took"
    awk '{ printf "%.1f | %.1f | %.0f |", $1, $2, $3 / 1e6 }' "$work/took"
    cut -d ' ' -f 4 "$work/took" >"$work/code"
}

costs() {
    jq -r --arg ledger "$1" --arg sample "$2" '
        def mb: . / 1e6 * 10 | round / 10;
        "The run: \(.input.documents) documents, \(.input.bytes | mb) MB of lines; "
        + "\(.wall_seconds * 10 | round / 10) s, \(.cpu_seconds * 10 | round / 10) s of processor time, "
        + "\(.peak_rss_bytes | mb) MB of memory at most; "
        + "conserved: \(.conserved).",
        "The ledger takes \(($ledger | tonumber) / .input.documents | round) bytes per document, of which "
        + "\(($sample | tonumber) / .input.documents | round) are the fixed sample of every signal.",
        ""' "$work/RUN/report.json"
}

# A row per rule, a column per group (domain or source): documents, and their share of the group.
dropped() {
    "$tamis" ledger "$work/RUN" -q | jq -r --arg by "$1" '[.[$by], .rule // .fate] | @tsv' | sort | uniq -c |
        awk -v by="$1" '
            { group = $2; rule = $3; count[rule, group] += $1; all[group] += $1; rules[rule] += $1
              if (!(group in seen)) { seen[group] = ++groups; name[groups] = group } }
            END {
                printf "| rule |"; for (g = 1; g <= groups; g++) printf " %s |", name[g]
                printf "\n|---|"; for (g = 1; g <= groups; g++) printf "--:|"; print ""
                for (rule in rules) { if (rule ~ /^(emitted|surplus|held_out)$/) continue
                    printf "| %s |", rule
                    for (g = 1; g <= groups; g++) {
                        n = count[rule, name[g]]
                        if (n) printf " %d (%.1f %%) |", n, 100 * n / all[name[g]]; else printf " |" }
                    print "" } }' >"$work/table"
    head -n 2 "$work/table"
    tail -n +3 "$work/table" | sort
    echo
}

kept() {
    "$tamis" ledger "$work/RUN" -q | jq -r '[.source, .domain, .fate] | @tsv' | sort | uniq -c | awk '
        { key = $3 " | " $2; all[key] += $1; if ($4 ~ /^(emitted|surplus|held_out)$/) kept[key] += $1 }
        END { for (k in all) printf "| %s | %d | %d | %.1f %% |\n", k, all[k], kept[k], 100 * kept[k] / all[k] }' |
        sort
    echo
}

one() {
    recipe=$1
    rm -rf "$work/RUN"
    printf '## %s\n\n' "$(basename "$recipe")"
    echo '| | wall, s | processor, s | memory, MB | exit |'
    echo '|---|--:|--:|--:|--:|'
    echo "| check | $(measured "$tamis" check "$recipe") $(cat "$work/code") |"
    grep '^accept:' "$work/log" >"$work/accept" || true
    echo "| check, accept: all | $(measured "$tamis" check "$recipe" --set accept=all) $(cat "$work/code") |"
    echo "| run, accept: all | $(measured "$tamis" run "$recipe" --set accept=all -o "$work/RUN") $(cat "$work/code") |"
    echo
    if [ -s "$work/accept" ]; then
        printf 'The gate is closed; to open it: `%s`\n\n' "$(cat "$work/accept")"
    else
        printf 'The gate stays open.\n\n'
    fi
    if [ ! -f "$work/RUN/report.json" ]; then
        printf 'The run left no report. Its last words:\n\n'
        tail -n 3 "$work/log" | sed 's/^/    /'
        return
    fi
    ledger=$(find "$work/RUN/ledger" -type f -printf '%s\n' | awk '{ n += $1 } END { print n + 0 }')
    sample=$(find "$work/RUN/ledger" -name sample.npy -printf '%s\n' | awk '{ n += $1 } END { print n + 0 }')
    costs "$ledger" "$sample"
    grep 'were not compared' "$work/log" | sed 's/^! */Note: /' || true
    printf '\nDocuments taken by each rule, and their share of the domain:\n\n'
    dropped domain
    printf 'Kept, by source:\n\n| domain | source | documents | kept | share |\n|---|---|--:|--:|--:|\n'
    kept
}

{
    printf '# The main job on the shared corpora, %s\n\n' "${DATE:-$(date +%F)}"
    printf '`bench/shared.sh`, %s, 2 cores of an x86-64 server that did other work as well. ' \
        "$("$tamis" --version | head -n 1)"
    printf 'A document counts for the first rule that it fails, in the order of the recipe; shares '
    printf 'are of all documents of the domain.\n\n'
    for recipe in bench/shared*.yaml; do
        one "$recipe"
    done
} >"$report.part"
mv "$report.part" "$report"
