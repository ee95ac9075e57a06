#!/bin/sh
# Deduplication of many short documents: time, memory and disk per document as their number grows. Documents of about
# 500 bytes are made from real text by bench/scale_make.c; 2 % are exact copies and 2 % near-duplicates.
# $1: folder of corpora, $2: the report to write. TAMIS: the program. MILLIONS: how many (1 3 10), THREADS: (1 2), TMPDIR:
# where everything lies; 10 million take about 2 GB of text and 3 GB of ledger.
set -eu
corpora=$1
report=$2
tamis=${TAMIS:-build/tamis}
load=$(cut -d ' ' -f 1 /proc/loadavg)
work=$(mktemp -d)
watcher=
trap '[ -z "$watcher" ] || kill "$watcher" 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

${CC:-cc} -std=c11 -O2 -D_GNU_SOURCE bench/scale_make.c -o "$work/scale_make"

# $1: millions. Frames of 4 MiB at level 3.
make_input() {
    for name in books_general medquad gov_web dc_code general_reference books_chemistry; do
        zstd -dcq --long=27 "$corpora/$name.jsonl.zst"
    done | "$work/scale_make" "${1}000000" | split -C 4m --filter='zstd -3 -q -c' - >"$work/input.jsonl.zst"
}

# The ledger goes away with the run, so its largest size per kind of file is noted while it lasts.
watch_ledger() {
    while sleep 0.2; do
        find "$work/tmp" -type f -printf '%f %s\n' 2>/dev/null | sed 's/^\(shingles\|pairs\|verified\|hashes\)[^ ]*/spilled/' |
            awk '{ sum[$1] += $2 } END { for (name in sum) print name, sum[name] }'
    done >"$work/sizes"
}

# $1: documents; per document, by file
print_sizes() {
    awk -v documents="$1" '$2 > most[$1] { most[$1] = $2 }
        END { for (name in most) if (most[name] / documents >= 0.05) printf "%s %.1f\n", name, most[name] / documents }' \
        "$work/sizes" | sort | awk '{ printf "%s%s %s", (NR > 1 ? ", " : ""), $1, $2 } END { printf "\n" }'
}

# $1: millions, $2: verify, $3: threads
row() {
    documents=${1}000000
    rm -rf "$work/tmp"
    mkdir "$work/tmp"
    base=$(python3 bench/measured.py "$work/log" zstd -dcq "$work/input.jsonl.zst") # 4 fields, before those of tamis
    watch_ledger &
    watcher=$!
    took=$(python3 bench/scale_memory.py "$work/log" "$tamis" dedup --kind prose --no-text --verify "$2" --threads "$3" \
        --tmp "$work/tmp" --progress never "$work/input.jsonl.zst")
    kill "$watcher" 2>/dev/null || true
    wait "$watcher" 2>/dev/null || true
    watcher=
    [ "$(echo "$took" | cut -d ' ' -f 4)" = 0 ] || { echo "failed with $1 million documents:" >&2; tail -n 3 "$work/log" >&2; exit 1; }
    echo "$base $took" | awk -v millions="$1" -v verify="$2" -v threads="$3" -v n="$documents" \
        '{ printf "| %s | %s | %s | %.1f | %.2f | %.2f | %.2f | %.0f | %.0f | %.1f | %.1f |\n",
           millions, verify, threads, $5, 1e6 * $5 / n, 1e6 * $6 / n, $5 / $1, $7 / 1e6, $7 / n, $10 / n, ($10 - $9) / n }'
    printf '%s million, %s, %s thread(s): %s; ledger: ' "$1" "$2" "$3" \
        "$(grep 'exact duplicates' "$work/log" | sed 's/^tamis: //')" >>"$work/notes"
    print_sizes "$documents" >>"$work/notes"
}

rows() {
    for millions in ${MILLIONS:-1 3 10}; do
        make_input "$millions"
        for verify in none exact; do
            for threads in ${THREADS:-1 2}; do
                row "$millions" "$verify" "$threads"
            done
        done
        rm "$work/input.jsonl.zst"
    done
}

{
    printf '# Deduplication at scale, %s\n\n' "${DATE:-$(date +%F)}"
    printf '`bench/scale.sh`, %s, 2 cores of an x86-64 server that did other work as well. ' \
        "$("$tamis" --version | head -n 1)"
    printf 'Documents of about 500 bytes: pieces of real text in random order, 2 %% exact copies, 2 %% copies with one '
    printf 'word replaced; zstd frames of 4 MiB at level 3. `tamis dedup --no-text`. '
    printf 'Memory is the peak of the process, mapped files included. The last two columns are of the search for '
    printf 'duplicates alone, without mapped files and before texts are read again (RssAnon, looked at every 20 ms): '
    printf 'all that is held at its largest, and what of it is added to that which the survey left behind. Load average when this began: %s.\n\n' "$load"
    printf '| documents, millions | verify | threads | wall, s | wall, us each | processor, us each '
    printf '| wall by `zstd -dc` | memory, MB | bytes each | search holds, bytes each | adds |\n'
    echo '|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|'
    rows
    printf '\nBytes on disk per document, by file, at their largest (looked at five times a second):\n\n'
    sed 's/^/* /' "$work/notes"
} >"$report.part"
mv "$report.part" "$report"
cat "$report"
