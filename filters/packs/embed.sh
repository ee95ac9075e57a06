#!/bin/sh
# Prints C: the YAML files named on the command line as arrays of bytes, and a table of their names.
set -eu
export LC_ALL=C
n=0
table=
for file in "$@"; do
    [ -s "$file" ] || { echo "$0: $file is missing or empty" >&2; exit 1; }
    name=$(basename "$file" .yaml)
    echo "static const unsigned char pack_$n[] = {"
    od -An -v -tx1 "$file" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
    echo "};"
    table="$table    {\"$name\", pack_$n, sizeof pack_$n},
"
    n=$((n + 1))
done
[ "$n" -gt 0 ] || { echo "usage: $0 PACK.yaml.. > packs.inc" >&2; exit 2; }
printf 'static const struct pack packs[] = {\n%s};\n' "$table"
