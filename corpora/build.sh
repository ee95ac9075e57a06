#!/bin/sh
# Builds the sample corpora named in sources.tsv from Debian packages, which it downloads and
# unpacks but never installs. Every corpus appears whole or not at all, and one that is already
# built from the same packages by the same rules is left as it is.
#
# usage: corpora/build.sh OUTDIR
# CORPORA_TABLE names another table than sources.tsv.
set -euf
LC_ALL=C
export LC_ALL

here=$(cd "$(dirname "$0")" && pwd)
table=${CORPORA_TABLE:-$here/sources.tsv}
tab=$(printf '\t')

say() { printf 'corpora: %s\n' "$*" >&2; }

# The first argument is what happened, the second what to do about it.
die() {
    say "$1"
    [ -z "${2-}" ] || say "$2"
    exit 4
}

# ---- what is asked for ------------------------------------------------------------------------

rows() { grep -v '^#' "$table" | grep .; }
rows_of() { rows | awk -F '\t' -v corpus="$1" '$1 == corpus'; }
corpora() { rows | cut -f 1 | awk '!seen[$0]++'; }
packages_of() { rows_of "$1" | cut -f 4 | sort -u; }

check_table() {
    rows | awk -F '\t' -v table="$table" '
        NF != 8 {
            printf "corpora: %s: 8 fields wanted, %d found: %s\n", table, NF, $0
            bad = 1
            next
        }
        $1 !~ /^[a-z0-9-]+$/ || $4 !~ /^[a-z0-9.+-]+$/ {
            printf "corpora: %s: not a name of a corpus and a package: %s\n", table, $0; bad = 1
        }
        $1 != last && seen[$1]++ { printf "corpora: %s: lines of %s apart\n", table, $1; bad = 1 }
        { last = $1 }
        END { exit bad }' >&2 || die 'the table of sources has mistakes'
}

check_tools() {
    for tool in apt-get apt-cache dpkg-deb tar gzip zstd awk sha256sum find "$cc"; do
        command -v "$tool" >/dev/null 2>&1 || die "the program $tool is missing" \
            'this runs on Debian 12; try: apt-get install zstd gzip mawk findutils gcc libc6-dev'
    done
}

compile_pack() {
    [ -f "$cache/pack" ] && [ -z "$(find "$here/pack" -newer "$cache/pack")" ] && return
    ( set +f; "$cc" -std=c11 -O2 -o "$cache/pack.new" "$here"/pack/*.c ) ||
        die "cannot compile $here/pack with $cc" 'try: apt-get install gcc libc6-dev'
    mv "$cache/pack.new" "$cache/pack"
}

# ---- what apt knows ---------------------------------------------------------------------------

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"
    elif ! command -v sudo >/dev/null 2>&1; then return 1
    elif [ -t 0 ]; then sudo "$@"
    else sudo -n "$@"
    fi
}

# Other sources of packages on the machine may fail here; what counts is what apt knows afterwards.
refresh_apt() {
    [ ! -e "$work/refreshed" ] || return 1
    : >"$work/refreshed"
    say 'refreshing the lists of packages (apt-get update)'
    as_root apt-get -q update >"$work/apt.log" 2>&1 || {
        say "apt-get update failed: $(tail -n 1 "$work/apt.log")"
        return 1
    }
}

# Writes one line per package: name, version, file name, SHA-256, size. Packages that are installed
# but in no list have no SHA-256 and cannot be downloaded.
ask_apt() {
    apt-cache show --no-all-versions $(rows | cut -f 4 | sort -u) 2>/dev/null | awk '
        function flush() {
            if (package != "" && hash != "" && !seen[package]++) {
                file = version
                gsub(/:/, "%3a", file)
                printf "%s\t%s\t%s_%s_%s.deb\t%s\t%s\n", package, version, package, file, arch,
                    hash, size
            }
            package = hash = ""
        }
        /^Package:/ { package = $2 }
        /^Version:/ { version = $2 }
        /^Architecture:/ { arch = $2 }
        /^SHA256:/ { hash = $2 }
        /^Size:/ { size = $2 }
        /^$/ { flush() }
        END { flush() }' | sort >"$work/known"
    rows | cut -f 4 | sort -u >"$work/wanted"
    cut -f 1 "$work/known" | sort | comm -23 "$work/wanted" - >"$work/unknown"
    [ ! -s "$work/unknown" ]
}

know_packages() {
    ask_apt && return
    { refresh_apt && ask_apt; } || die \
        "apt knows no package named: $(tr '\n' ' ' <"$work/unknown")" \
        "check the network, run \"apt-get update\" as root, see that apt knows main of Debian 12;
a package that is gone for good is a line to take out of $table"
}

known() {
    awk -F '\t' -v package="$1" -v field="$2" '$1 == package { print $field }' "$work/known"
}

# ---- downloads --------------------------------------------------------------------------------

is_downloaded() {
    deb=$debs/$(known "$1" 3)
    [ -f "$deb" ] && echo "$(known "$1" 4)  $deb" | sha256sum -c --status
}

list_missing() {
    for package in $1; do
        is_downloaded "$package" || echo "$package"
    done >"$work/missing"
    [ -s "$work/missing" ]
}

# apt drops its privileges for downloads and cannot enter the folders of root: say that it need not.
apt_download() {
    user=$(id -un)
    rm -rf "$work/incoming"
    mkdir "$work/incoming"
    ( cd "$work/incoming" && apt-get -q -o APT::Sandbox::User="$user" download "$@" ) \
        >"$work/apt.log" 2>&1 && downloaded=0 || downloaded=$?
    # What has arrived is kept even when the rest has not; the hashes tell what is whole.
    find "$work/incoming" -name '*.deb' -exec mv -f {} "$debs/" \;
    return "$downloaded"
}

download() {
    list_missing "$1" || return 0
    bytes=$(while read -r package; do known "$package" 5; done <"$work/missing" |
        awk '{ sum += $1 } END { printf "%.1f", sum / 1e6 }')
    say "downloading $(wc -l <"$work/missing") packages, $bytes MB"
    apt_download $(cat "$work/missing") && ! list_missing "$1" && return 0
    # The lists may be older than the mirror: it keeps one version of a package, the newest.
    { refresh_apt && know_packages && list_missing "$1" && apt_download $(cat "$work/missing") &&
        ! list_missing "$1"; } || {
        grep '^[EW]:' "$work/apt.log" | head -n 5 >&2
        die "cannot download: $(tr '\n' ' ' <"$work/missing")" \
            'check the network, run "apt-get update" as root, then start this again: it goes on'
    }
}

# ---- one corpus -------------------------------------------------------------------------------

stamp_of() {
    rows_of "$1"
    for package in $(packages_of "$1"); do known "$package" 4; done
    ( set +f; cat "$here"/pack/* ) | cksum
    cksum <"$here/build.sh"
}

is_built() {
    [ -f "$out/$1.jsonl.zst" ] && [ -f "$state/$1.records" ] && [ -f "$state/$1.stamp" ] &&
        stamp_of "$1" | cmp -s - "$state/$1.stamp"
}

# Unpacks the files that the globs name, and no others, into the folder "tree".
unpack() {
    package=$1
    shift
    for glob; do
        case $glob in
        !*) printf -- '--exclude=%s\n' "${glob#!}" ;;
        *) printf '%s\n' "./$glob" ;;
        esac
    done | sort >"$work/globs"
    rm -rf "$work/tree"
    mkdir "$work/tree"
    dpkg-deb --fsys-tarfile "$debs/$(known "$package" 3)" |
        tar -x -f - -C "$work/tree" --no-same-owner --wildcards $(cat "$work/globs") ||
        die "$package $(known "$package" 2): its files are not where $table says"
    find "$work/tree" -type f -name '*.gz' -exec gzip -d -f {} +
    find "$work/tree" -type f -name '*.dz' -exec gzip -d -f -S .dz {} +
}

# Arguments here and in build_row: the fields of a line of the table.
pack_tree() {
    package=$4
    drop=
    case $5 in *:*) drop=${5#*:} ;; esac
    ( cd "$work/tree" && find . -type f | sed 's,^\./,,' | sort |
        "$cache/pack" --package "$package" --version "$(known "$package" 2)" --licence "$7" \
            --domain "$2" --kind "$3" --convert "${5%%:*}" --cut "$6" --drop "$drop" \
            --report "$work/report" >"$work/documents" ) ||
        die "$package: cannot convert its files"
    zstd -q -9 -c "$work/documents" >>"$work/corpus" || die "cannot write to $work"
    printf '%s\t' "$1" "$2" "$3" "$package" "$(known "$package" 2)" "$7" >>"$work/records"
    cat "$work/report" >>"$work/records"
}

build_row() {
    unpack "$4" $8
    pack_tree "$@"
}

build_corpus() {
    : >"$work/corpus"
    : >"$work/records"
    rows_of "$1" >"$work/rows"
    while IFS=$tab read -r corpus domain kind package convert cut licence paths; do
        build_row "$corpus" "$domain" "$kind" "$package" "$convert" "$cut" "$licence" "$paths" \
            </dev/null
    done <"$work/rows"
    stamp_of "$1" >"$work/stamp"
    rm -f "$state/$1.stamp"
    mv "$work/records" "$state/$1.records"
    mv "$work/corpus" "$out/$1.jsonl.zst"
    mv "$work/stamp" "$state/$1.stamp"
    say "$1: $(awk -F '\t' '{ documents += $8; bytes += $9 }
        END { printf "%d documents, %.1f MB", documents, bytes / 1e6 }' "$state/$1.records")"
}

# ---- the record -------------------------------------------------------------------------------

all_records() { for corpus in $(corpora); do cat "$state/$corpus.records"; done; }

write_sources_md() {
    all_records | awk -F '\t' '
        BEGIN {
            print "# Sources of these corpora\n"
            print "Built from Debian packages. The licence is that of the text; the full"
            print "statement of each package is its file `/usr/share/doc/PACKAGE/copyright`.\n"
            printf "| corpus | domain | kind | package | version | licence "
            print "| documents | bytes of text |"
            print "|---|---|---|---|---|---|---:|---:|"
        }
        {
            printf "| %s | %s | %s | %s | %s | %s | %d | %d |\n", $1, $2, $3, $4, $5, $6, $8, $9
            documents += $8
            bytes += $9
        }
        END { printf "\nTogether %d documents, %d bytes of text.\n", documents, bytes }'
}

write_sources_json() {
    all_records | awk -F '\t' '
        function quote(s) { gsub(/\\/, "\\\\", s); gsub(/"/, "\\\"", s); return "\"" s "\"" }
        BEGIN { print "[" }
        {
            printf "%s  {\"corpus\": %s, \"domain\": %s, \"kind\": %s, \"package\": %s, ",
                (NR > 1 ? ",\n" : ""), quote($1), quote($2), quote($3), quote($4)
            printf "\"version\": %s, \"licence\": %s, \"files\": %d, \"documents\": %d, ",
                quote($5), quote($6), $7, $8
            printf "\"text_bytes\": %d, \"from_latin1\": %d, \"left_out\": %d}", $9, $10, $11
        }
        END { print "\n]" }'
}

write_record() {
    write_sources_md >"$work/SOURCES.md"
    write_sources_json >"$work/sources.json"
    mv "$work/SOURCES.md" "$out/SOURCES.md"
    mv "$work/sources.json" "$out/sources.json"
}

# ---- all of it --------------------------------------------------------------------------------

prepare_folders() {
    mkdir -p "$1" || die "cannot make the folder $1"
    out=$(cd "$1" && pwd)
    cache=$out/.cache
    debs=$cache/debs
    state=$cache/state
    mkdir -p "$debs" "$state" || die "cannot write in $out"
    work=$(mktemp -d "$cache/work.XXXXXX") || die "cannot write in $cache"
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT TERM HUP
}

list_stale() {
    for corpus in $(corpora); do is_built "$corpus" || echo "$corpus"; done
}

main() {
    if [ $# -ne 1 ] || [ "$1" = --help ]; then
        echo 'usage: corpora/build.sh OUTDIR' >&2
        exit 2
    fi
    cc=${CC:-cc}
    check_tools
    check_table
    prepare_folders "$1"
    compile_pack
    know_packages
    stale=$(list_stale)
    download "$(for corpus in $stale; do packages_of "$corpus"; done | sort -u)"
    for corpus in $stale; do build_corpus "$corpus"; done
    write_record
    [ -n "$stale" ] || say "everything in $out is up to date"
}

main "$@"
