# Layers: core <- {io text} <- sketch <- recipe <- run <- {dedup score select law mix report} <- fit <- plan <- cmd;
# filters and scorers see tamis.h only.
cd "$ROOT" || exit 1
bad=0
complain() { echo "$1" && bad=1; }
rank() {
    case $1 in
    core) echo 0 ;;
    io | text) echo 1 ;;
    sketch) echo 2 ;;
    recipe) echo 3 ;;
    run) echo 4 ;;
    dedup | score | select | law | mix | report) echo 5 ;;
    fit) echo 6 ;;
    plan) echo 7 ;;
    cmd) echo 8 ;;
    *) echo 9 ;;
    esac
}
for file in src/*/*.c src/*/*.cc src/*/*.h; do
    own=$(basename "$(dirname "$file")")
    for used in $(sed -n 's/^#include "\([a-z]*\)\/.*/\1/p' "$file" | sort -u); do
        [ "$used" = "$own" ] && continue
        [ "$(rank "$used")" -lt "$(rank "$own")" ] || complain "$file includes $used/, which does not stand below $own/"
    done
done
for file in filters/*.c filters/*.h scorers/*.c scorers/*.h; do
    [ -f "$file" ] || continue
    for used in $(sed -n 's/^#include "\(.*\)"/\1/p' "$file"); do
        case $used in
        tamis.h | packs.inc | *.def) ;;
        */*) complain "$file includes $used: filters and scorers see tamis.h and each other's helpers only" ;;
        *) [ -f "$(dirname "$file")/$used" ] || complain "$file includes $used" ;;
        esac
    done
done
names=$(find src filters scorers -name '*.c' -o -name '*.cc' | xargs -n1 basename | sort | uniq -d)
[ -z "$names" ] || complain "file names are not unique: $names"
exit $bad
