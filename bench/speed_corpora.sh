#!/bin/sh
# Builds the corpora of bench/speed.sh and bench/peers: JSON Lines of distinct text in documents of about 3 KB, in
# zstd frames of 4 MiB at level 3. English prose and code have 300 MB of text or more; see bench/README.md.
# A corpus that stands and was made of the same packages by the same rules is left as it is.
#
# usage: bench/speed_corpora.sh DIR [VARIANT..]      speed_corpora.sh -v DIR VARIANT..   variants only, made anew
# VARIANT, made when asked for from CORPUS (prose, code, languages):
#   CORPUS.single  one frame, as `zstd -3 FILE` writes     CORPUS.gz   gzip -6
#   CORPUS.200     documents of 200 bytes                  CORPUS.200k documents of 200 KB
#   CORPUS.many    a folder of 64 files
# TAMIS_SHARED_CORPORA names the shared corpora (../shared/corpora); SPEED_MB limits a corpus (360).
set -eu
only=
[ "${1:-}" != -v ] || { only=1; shift; }
[ $# -ge 1 ] || { echo 'usage: bench/speed_corpora.sh DIR [VARIANT..]' >&2; exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
shift
cd "$(dirname "$0")/.."
shared=$(realpath -m "${TAMIS_SHARED_CORPORA:-../shared/corpora}")
packages=$out/packages
lists=$out/lists
megabytes=${SPEED_MB:-360}
document=3200 # bytes at which a document is cut; their mean is near 3,000 (2,500 for code, whose blocks are longer)

say() { echo "speed_corpora: $*" >&2; }

frames() { split -C 4m --filter='zstd -3 -q -c' -; }

# What people wrote as text; then manuals, of which only sentences are taken.
texts='anarchism_faq books_chemistry books_general books_law books_medical books_music craft dc_code ewt_web
general_reference gov_web gum medquad openmusictheory openstax_anatomy openstax_chemistry openstax_statistics
openstax_us_history wikitext2_valid'
manuals='cppreference_html fcla lilypond_doc math_manuals napkin openlogic python_doc'
tongues='bible_languages books_multilingual languages law_de'
languages=en,de,fr,es,it,pt_BR,ru,ja,ko,zh_CN,pl,da,uk,cs

# The long descriptions of all packages, in lists of our own: nothing of the system's apt is touched.
fetch_descriptions() {
    [ -e "$lists/fetched" ] && return
    say 'fetching the descriptions of packages (apt-get update, own lists)'
    mkdir -p "$lists/partial" "$out/apt/archives/partial"
    apt-get -q update -o Dir::State::Lists="$lists" -o Dir::Cache="$out/apt" -o Acquire::Languages="$languages" \
        -o APT::Sandbox::User="$(id -un)" >"$out/apt.log" 2>&1 || {
        tail -n 3 "$out/apt.log" >&2
        say 'cannot fetch the descriptions; check the network and start this again'
        exit 4
    }
    : >"$lists/fetched"
}

descriptions() { ls "$lists"/*_main_i18n_Translation-* | grep "$@" 'Translation-en'; }

# KIND, a tab, FILE: in the order in which repeats are looked for.
inputs() {
    case $1 in
    prose)
        for name in $texts; do printf 'text\t%s\n' "$shared/$name.jsonl.zst"; done
        for name in $manuals; do printf 'manual\t%s\n' "$shared/$name.jsonl.zst"; done
        descriptions | sed 's/^/descriptions\t/'
        printf 'manual\t%s\n' "$packages/english.jsonl.zst" ;;
    code)
        printf 'code\t%s\n' "$shared/code_src.jsonl.zst" "$shared/mutopia_ly.jsonl.zst" "$packages/code.jsonl.zst" ;;
    languages)
        for name in $tongues; do printf 'any\t%s\n' "$shared/$name.jsonl.zst"; done
        printf 'any\t%s\n' "$packages/languages.jsonl.zst"
        descriptions -v | sed 's/^/descriptions\t/' ;;
    *) say "there is no corpus '$1'; use prose, code or languages" && exit 2 ;;
    esac
}

stamp() {
    echo "$megabytes $document"
    cksum <bench/speed_cut.py
    cksum <bench/speed_corpora.sh
    inputs "$1" | while read -r kind path; do echo "$kind ${path##*/} $(wc -c <"$path")"; done
}

build() {
    corpus=$out/$1.jsonl.zst
    if [ -f "$corpus" ] && [ -f "$out/$1.stamp" ] && stamp "$1" | cmp -s - "$out/$1.stamp"; then
        return
    fi
    say "building $1"
    size=$document
    [ "$1" != code ] || size=2500
    inputs "$1" >"$out/$1.inputs"
    python3 bench/speed_cut.py make $size $((megabytes * 1000000)) "$out/$1.sources" <"$out/$1.inputs" |
        frames >"$corpus.part"
    [ "$(wc -c <"$corpus.part")" -gt 10000000 ] || { say "$1 could not be built" && exit 4; }
    stamp "$1" >"$out/$1.stamp.part"
    rm -f "$out/$1".[0-9s]*.jsonl.zst "$out/$1.jsonl.gz"
    rm -rf "$out/$1.many"
    mv "$corpus.part" "$corpus"
    mv "$out/$1.stamp.part" "$out/$1.stamp"
    zstd -dcq "$corpus" | wc -lc | awk -v name="$1" -v packed="$(wc -c <"$corpus")" '{
        printf "speed_corpora: %s: %d documents, %.1f MB of JSON Lines, %.1f MB packed, %.0f bytes a document\n",
            name, $1, $2 / 1e6, packed / 1e6, $2 / $1 }' | tee "$out/$1.size" >&2
}

variant() {
    from=$out/${1%%.*}.jsonl.zst
    case $1 in
    *.single) to=$out/$1.jsonl.zst; [ -f "$to" ] || { zstd -dcq "$from" | zstd -3 -q -c >"$to.part"; } ;;
    *.gz) to=$out/${1%.gz}.jsonl.gz; [ -f "$to" ] || { zstd -dcq "$from" | gzip -6 -n >"$to.part"; } ;;
    *.200) to=$out/$1.jsonl.zst
        [ -f "$to" ] || { zstd -dcq "$from" | python3 bench/speed_cut.py cut 200 | frames >"$to.part"; } ;;
    *.200k) to=$out/$1.jsonl.zst
        [ -f "$to" ] || { zstd -dcq "$from" | python3 bench/speed_cut.py cut 200000 | frames >"$to.part"; } ;;
    *.many) to=$out/$1
        [ -d "$to" ] || {
            rm -rf "$to.part"
            mkdir "$to.part"
            lines=$(zstd -dcq "$from" | wc -l)
            zstd -dcq "$from" | split -l $((lines / 64 + 1)) -d -a 3 --additional-suffix=.jsonl.zst \
                --filter='zstd -3 -q -c >$FILE' - "$to.part/"
        } ;;
    *) say "there is no variant '$1'; see bench/speed_corpora.sh" && exit 2 ;;
    esac
    [ ! -e "$to.part" ] || mv "$to.part" "$to"
}

if [ -n "$only" ]; then
    for name; do rm -rf "$out/$name" "$out/$name.jsonl.zst" "$out/${name%.gz}.jsonl.gz"; done
else
    fetch_descriptions
    CORPORA_TABLE=$PWD/bench/speed_sources.tsv sh corpora/build.sh "$packages"
    for name in prose code languages; do build $name; done
fi
for name; do variant "$name"; done
