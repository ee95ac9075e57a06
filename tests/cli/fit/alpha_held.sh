# Two sizes give one difference for A and alpha: alpha is held, and the form says so.
awk 'BEGIN {
    print "run,N,D,ratio,loss_domain,loss_general"
    for (n = 1; n <= 2; n++) for (i = 0; i < 5; i++) for (d = 1; d <= 3; d++) {
        r = i / 4; size = n == 1 ? 0.5 : 1.8
        b = 0.45 / size ^ 0.3
        printf "%d-%d,%ge9,%de9,%g,%.8f,%.8f\n", n, i, size, 2 * d, r, 0.9 + b + 0.08 * r / d ^ 0.35 + 0.3 / (r + 0.15) ^ 0.7,
            1.9 + b + 0.05 * (1 - r) / d ^ 0.3 + 0.12 / (1.05 - r) ^ 0.55
    }
}' >runs.csv
"$TAMIS" fit runs.csv --replicates 0 --warm-up 0 | jq -c '.form, .parameters.general.alpha, .parameters.domain.alpha, .warnings'
