# docs/RECIPE.md has every section, filter and scorer, and a row for every option in the tables, with its type, its
# default and its choices; and no row that is in no table.
scratch=$(pwd)
cd "$ROOT" || exit 1
page=docs/RECIPE.md
bad=0
tables="src/recipe/recipe_tables.c filters/*.c scorers/*.c"

# KEY TYPE DEFAULT CHOICES of a line {"key", TAMIS_TYPE, OFFSET, "default", 0, 0, "choices", ..
awk -F'"' '
    /^    \{"[a-z0-9_]+", TAMIS_[A-Z]+,/ {
        match($3, /TAMIS_[A-Z]+/)
        type = substr($3, RSTART + 6, RLENGTH - 6)
        sub(/STRINGS/, "list", type); sub(/STRING/, "text", type); sub(/REAL/, "number", type)
        sub(/BOOL/, "yes/no", type)
        choices = ""
        if (type == "CHOICE") {
            choices = $6
            gsub(/\|/, ",", choices)
        }
        print $2, tolower(type), $3 ~ /NULL/ ? "-" : $4, choices
    }' $tables | sort >"$scratch/tables"

sed -n 's/^ *| `\([a-z0-9_]*\)` | \([a-z/]*\) | \([^|]*\) | *\([^|]*\)|.*/\1|\2|\3|\4/p' $page | tr -d '`' |
    awk -F'|' '{ gsub(/ /, "", $3); gsub(/ /, "", $4); print $1, $2, $3, $2 == "choice" ? $4 : "" }' |
    sort >"$scratch/page"

echo "< only in the option tables, > only in $page"
diff "$scratch/tables" "$scratch/page" || bad=1
[ -s "$scratch/tables" ] || { echo "no option tables were found"; bad=1; }

sections=$(sed -n '/recipe_tables\[\] = {/,/^};/s/^    {"\([a-z.]\{1,\}\)".*/\1/p' src/recipe/recipe_tables.c)
[ -n "$sections" ] || { echo "no sections were found"; bad=1; }
for name in $sections $(sed -n 's/^FILTER(\(.*\))/\1/p' filters/filters.def); do
    grep -q "^##* $name\$" $page || { echo "$page has no section $name"; bad=1; }
done
for name in $(sed -n 's/^SCORER(\(.*\))/\1/p' scorers/scorers.def); do
    grep -q "^\*.*\`$name\`" $page || { echo "$page does not have the scorer $name"; bad=1; }
done
exit $bad
