#!/bin/sh
# How fast, as a ratio to `zstd -dc FILE > /dev/null` of the same file in the same run: on another machine, or a busy
# one, seconds differ and ratios hardly do. Each measurement is taken beside its own decompression; medians of ROUNDS.
# $1: folder of corpora, $2: the report to write. TAMIS: the program.
set -eu
corpora=$1
report=$2
tamis=${TAMIS:-build/tamis}
rounds=${ROUNDS:-5}
load=$(cut -d ' ' -f 1 /proc/loadavg)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
input=$work/input.jsonl.zst

# About 100 MB of text in frames of 4 MiB, level 3.
for name in dc_code books_general medquad gov_web; do
    zstd -dcq --long=27 "$corpora/$name.jsonl.zst"
done | tee "$work/plain" | split -C 4m --filter='zstd -3 -q -c' - >"$input"
plain=$(wc -c <"$work/plain")
documents=$(wc -l <"$work/plain")
rm "$work/plain"

median() {
    sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

measure() {
    python3 bench/measured.py "$work/log" "$@"
}

decompress() {
    if [ "$1" = job ]; then
        measure sh -c 'for f; do zstd -dcq --long=27 "$f"; done' sh $job_files
    else
        measure zstd -dcq "$input"
    fi
}

# $1: what it is, $2: input or job, $3: threads, then the command
row() {
    what=$1 of=$2 threads=$3
    shift 3
    : >"$work/pairs"
    round=0
    while [ "$round" -lt "$rounds" ]; do
        round=$((round + 1))
        rm -rf "$work/RUN"
        base=$(decompress "$of")
        took=$(measure "$@" --threads "$threads" -q)
        [ "${took##* }" = 0 ] || { echo "failed: $*" >&2; tail -n 3 "$work/log" >&2; exit 1; }
        echo "$base $took" >>"$work/pairs"
    done
    ratio=$(awk '{ print $5 / $1 }' "$work/pairs" | median)
    low=$(awk '{ print $5 / $1 }' "$work/pairs" | sort -n | head -n 1)
    high=$(awk '{ print $5 / $1 }' "$work/pairs" | sort -n | tail -n 1)
    cpu=$(awk '{ print $6 / $2 }' "$work/pairs" | median)
    wall=$(awk '{ print $5 }' "$work/pairs" | median)
    base=$(awk '{ print $1 }' "$work/pairs" | median)
    rss=$(awk '{ print $7 / 1e6 }' "$work/pairs" | median)
    printf '| %s | %s | %.2f | %.2f to %.2f | %.2f | %.2f | %.2f | %.0f |\n' \
        "$what" "$threads" "$ratio" "$low" "$high" "$cpu" "$wall" "$base" "$rss"
}

rows() {
    for threads in 1 2; do
        row 'dedup --no-text' input $threads "$tamis" dedup --kind prose --no-text "$input"
    done
    for threads in 1 2; do
        for filter in gopher_quality gopher_repetition regex:pack=boilerplate; do
            row "filter $filter --no-text" input $threads "$tamis" filter --kind prose --no-text --filter "$filter" \
                "$input"
        done
        row 'filter, all three --no-text' input $threads "$tamis" filter --kind prose --no-text \
            --filter gopher_quality --filter gopher_repetition --filter regex:pack=boilerplate "$input"
    done
    if [ -n "$job_files" ]; then
        for threads in 1 2; do
            row 'run bench/shared.yaml' job $threads "$tamis" run bench/shared.yaml --set accept=all -o "$work/RUN"
            row 'run bench/shared.yaml --no-check' job $threads "$tamis" run bench/shared.yaml --set accept=all \
                --no-check -o "$work/RUN"
        done
    fi
}

# The files of the recipe, when they are where it looks for them.
job_files=
for name in $(grep -o 'corpora/[a-z0-9_]*\.jsonl\.zst' bench/shared.yaml); do
    file=bench/../../shared/$name
    [ -f "$file" ] || { job_files=; break; }
    job_files="$job_files $file"
done

{
    printf '# Throughput, %s\n\n' "${DATE:-$(date +%F)}"
    printf '`bench/throughput.sh`, %s, 2 cores of an x86-64 server that did other work as well; medians of %s.\n\n' \
        "$("$tamis" --version | head -n 1)" "$rounds"
    printf 'The input is %s documents, %s MB of JSON Lines in zstd frames of 4 MiB at level 3 (%s MB): ' \
        "$documents" "$((plain / 1000000))" "$(($(wc -c <"$input") / 1000000))"
    printf 'statutes, books, medical questions, government pages. For `run`: the 20 files of bench/shared.yaml.\n\n'
    printf '*Ratio*: wall time over that of `zstd -dc` (one thread) of the same file, taken just before; smaller is '
    printf 'faster, 1 is as fast as decompression alone. *Processor*: the same for processor time, '
    printf 'which a busy machine disturbs less: two threads gain little where others hold the second core. '
    printf 'Load average when this began: %s.\n\n' "$load"
    echo '| what | threads | ratio | range | processor | wall, s | zstd -dc, s | memory, MB |'
    echo '|---|--:|--:|--:|--:|--:|--:|--:|'
    rows
} >"$report.part"
mv "$report.part" "$report"
cat "$report"
