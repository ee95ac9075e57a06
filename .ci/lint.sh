#!/bin/sh
# clang-tidy over the sources named, two at a time; silent when there is nothing to say. Sources unchanged since they
# passed are not looked at again.
set -u
stamps=build/lint
mkdir -p "$stamps"
list=$(mktemp)
trap 'rm -f "$list"' EXIT
for source in "$@"; do
    stamp=$stamps/$(echo "$source" | tr / _)
    if [ -e "$stamp" ] && [ -z "$(find "$source" include src filters scorers .clang-tidy \( -name '*.h' -o -path "$source" -o -name .clang-tidy \) -newer "$stamp" | head -n 1)" ]; then
        continue
    fi
    echo "$source"
done >"$list"
xargs -P 2 -I {} sh -c '
    case {} in
    *_avx2.c) set -- -mavx2 -mbmi -mbmi2 -mlzcnt -mpopcnt ;;
    *_avx512.c) set -- -mavx2 -mbmi -mbmi2 -mlzcnt -mpopcnt -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vbmi2 ;;
    *) set -- ;;
    esac
    [ "$(uname -m)" = x86_64 ] || set --
    clang-tidy --quiet {} -- "$@" -std=c11 -D_XOPEN_SOURCE=700 -Iinclude -Isrc -Ifilters -Iscorers -Ibuild \
        -include .ci/analyzer.h "-DANALYZED_$(basename {} .c)" 2>/dev/null &&
        touch "build/lint/$(echo {} | tr / _)"' <"$list"
