#!/bin/sh
# Runs what was built and counts: one line per failure, how many were skipped, the counts last. With arguments, only
# those groups.
# Groups: structure, unit, sanitized (and beside it threads), cli, promises.
cd "$(dirname "$0")/.." || exit 1
root=$(pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
passed=0
failed=0
skipped=0

pass() { passed=$((passed + 1)); }
fail() {
    failed=$((failed + 1))
    echo "FAILED: $1"
    [ -s "$2" ] && tail -n "${3:-30}" "$2" | sed 's/^/    /'
    return 0
}

# One cmocka program: its own tests are counted.
unit() {
    log=$scratch/unit.log
    "$1" >"$log" 2>&1
    code=$?
    good=$(grep -c '^\[       OK \]' "$log")
    left=$(grep '^\[  SKIPPED \] [a-z]' "$log" | sort -u | wc -l)
    bad=$(grep '^\[  FAILED  \] [a-z]' "$log" | sort -u | wc -l)
    [ "$code" -ne 0 ] && [ "$bad" -eq 0 ] && bad=1
    passed=$((passed + good))
    skipped=$((skipped + left))
    if [ "$bad" -gt 0 ]; then
        failed=$((failed + bad - 1))
        fail "$1 (exit $code)" "$log"
    elif [ "$good" -eq 0 ] && [ "$left" -eq 0 ]; then
        fail "$1 ran no test" "$log"
    fi
}

units() {
    for test in "$1"/tests/test_*; do
        case $test in *.o | *.d) continue ;; esac
        [ -x "$test" ] && unit "$test"
    done
}

# Each fuzzer replays the inputs that are kept for it.
replays() {
    for replay in "$1"/replay/*; do
        case $replay in *.o | *.d) continue ;; esac
        [ -x "$replay" ] || continue
        for input in tests/fuzz/corpus/"$(basename "$replay")"/*; do
            if "$replay" "$input" >"$scratch/log" 2>&1; then pass; else fail "$replay $input" "$scratch/log"; fi
        done
    done
}

# A script with its expected stdout, stderr and exit code beside it; what is not there is not looked at, but for the
# exit code, which is 0 then. It runs in an empty folder.
cli_case() {
    case_name=${1%.sh}
    rm -rf "$scratch/case"
    mkdir "$scratch/case"
    (cd "$scratch/case" && TAMIS=$program DATA=$root/tests/cli/data sh "$root/$1" >"$scratch/stdout" 2>"$scratch/stderr")
    echo $? >"$scratch/exit"
    sed -i "s#$scratch/case#SCRATCH#g; s#$root#ROOT#g" "$scratch/stdout" "$scratch/stderr"
    if [ -n "$BLESS" ]; then
        for part in stdout stderr exit; do
            [ -f "$case_name.$part" ] && cp "$scratch/$part" "$case_name.$part"
        done
    fi
    : >"$scratch/diff"
    [ -f "$case_name.exit" ] || echo 0 >"$scratch/zero"
    diff -u "$([ -f "$case_name.exit" ] && echo "$case_name.exit" || echo "$scratch/zero")" "$scratch/exit" >>"$scratch/diff"
    for part in stdout stderr; do
        [ -f "$case_name.$part" ] && diff -u "$case_name.$part" "$scratch/$part" >>"$scratch/diff"
    done
    if [ -s "$scratch/diff" ]; then
        cat "$scratch/stderr" >>"$scratch/diff"
        fail "$1" "$scratch/diff"
    else
        pass
    fi
}

cli() {
    program=$root/$1/tamis
    for script in tests/cli/*/*.sh; do
        [ -f "$script" ] && cli_case "$script"
    done
}

# Scripts that exit 0 when what they state holds; their last words are shown when it does not.
scripts() {
    for script in "$1"/*.sh "$1"/*.py; do
        [ -f "$script" ] || continue
        rm -rf "$scratch/case"
        mkdir "$scratch/case"
        case $script in *.py) with=python3 ;; *) with=sh ;; esac
        if (cd "$scratch/case" && ROOT=$root TAMIS=$root/build/tamis $with "$root/$script") >"$scratch/log" 2>&1; then
            pass
        else
            fail "$script" "$scratch/log"
        fi
    done
}

# CI gives the shared corpora beside the checkout; elsewhere the tests that want them say that they skip.
[ -d ../shared/corpora ] && export TAMIS_SHARED_CORPORA="$root/../shared/corpora"
export PYTHONDONTWRITEBYTECODE=1
export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 TSAN_OPTIONS=halt_on_error=1:ignore_noninstrumented_modules=1

# What another run of this script found, its counts among ours.
adopt() {
    grep -v -e '^-- ' -e '^[0-9]* skipped$' -e '^[0-9]* passed, [0-9]* failed$' "$1"
    skipped=$((skipped + $(sed -n 's/^\([0-9]*\) skipped$/\1/p' "$1" | grep . || echo 0)))
    passed=$((passed + $(sed -n 's/^\([0-9]*\) passed, .*/\1/p' "$1" | grep . || echo 0)))
    failed=$((failed + $(sed -n 's/^[0-9]* passed, \([0-9]*\) failed$/\1/p' "$1" | grep . || echo 1)))
}

for group in ${*:-structure unit sanitized cli promises}; do
    echo "-- $group"
    case $group in
    structure) scripts tests/structure ;;
    unit)
        units build
        replays build
        ;;
    sanitized)
        sh tests/run.sh threads >"$scratch/threads" 2>&1 &
        replays build/address-undefined
        units build/address-undefined
        BLESS= cli build/address-undefined
        wait $!
        adopt "$scratch/threads"
        ;;
    threads) units build/thread ;;
    cli) cli build ;;
    promises) scripts tests/promises ;;
    *) echo "tests/run.sh: no group is called $group" >&2 && exit 2 ;;
    esac
done
echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
