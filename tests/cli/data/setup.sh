# What the cases share; source it with: . "$DATA/setup.sh"

# A run of the recipe beside this file, in RUN.
make_run() {
    "$TAMIS" run "$DATA/recipe.yaml" -o RUN --threads 2 --max-bad 1 -q "$@" >/dev/null
}

# The command line above a report, times, memory and process numbers differ from one machine and build to the next.
steady() {
    sed -E '/^tamis [0-9.]+: /,/^$/d; s/about [0-9.]+ s/about N s/
        s/^[0-9.]+ s, [0-9.]+ s of processor time, [0-9.]+ [kM]?B of memory/N s, N s of processor time, N MB of memory/
        s/("(seconds|wall_seconds|cpu_seconds|peak_rss_bytes|memory_bytes|ledger_bytes_per_document|pid)": ?)[0-9.e-]+/\1N/
        s/("command": ?)".*"/\1"N"/'
}

# The program's standard output made steady, and its exit code.
shown() {
    "$TAMIS" "$@" >shown.out
    code=$?
    steady <shown.out
    return $code
}
