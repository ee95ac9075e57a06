# Laws of several domains to plan with; source it with: . "$DATA/laws.sh"

# $1: name; $2: what the domain's losses are multiplied by; the rest: more for tamis fit. Makes $1.json.
make_named() {
    name=$1
    factor=$2
    shift 2
    awk -v f="$factor" 'BEGIN {
        print "N,D,ratio,loss_domain,loss_general"
        split("0 0.33 0.67 0.9 1", r); split("2.032 1.4036 1.2456 1.1831 1.172", d)
        split("2.0168 2.0409 2.0976 2.2416 2.5233", g)
        for (i = 1; i <= 5; i++) { printf "70e6,2e9,%s,%.4f,%s\n", r[i], d[i] * f, g[i] }
    }' >"$name.csv"
    "$TAMIS" fit "$name.csv" --name "$name" -o "$name.json" -q "$@"
}

# Three domains with the same general text: law.json, code.json, music.json.
make_laws() { make_named law 1 && make_named code 0.8 && make_named music 0.5; }

# Numbers of stdin to so many decimals, so that only what is meant is compared.
rounded() { jq -c "walk(if type == \"number\" then (. * 1e$1 | round) / 1e$1 else . end)"; }
