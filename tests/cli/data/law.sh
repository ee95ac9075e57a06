# Laws to plan with; source it with: . "$DATA/law.sh"

# Five ratios of a small model, the ends among them: law.json.
make_law() {
    printf 'N,D,ratio,loss_domain,loss_general\n70e6,2e9,0,2.032,2.0168\n70e6,2e9,0.33,1.4036,2.0409\n' >runs.csv
    printf '70e6,2e9,0.67,1.2456,2.0976\n70e6,2e9,0.9,1.1831,2.2416\n70e6,2e9,1,1.172,2.5233\n' >>runs.csv
    "$TAMIS" fit runs.csv -o law.json -q "$@"
}

chemistry=$DATA/../../../corpora/laws/que2024_chemistry.csv

# Runs of five ratios and five checkpoints at each of the sizes given: runs.csv. Curves that are known and a little noise.
make_runs() {
    echo 'run,step,N,D,ratio,loss_domain,loss_general' >runs.csv
    for size in "$@"; do
        awk -v N="$size" 'BEGIN {
            split("0 0.33 0.67 0.9 1", ratios, " ")
            for (i = 1; i <= 5; i++) for (k = 1; k <= 5; k++) {
                r = ratios[i]; D = k * 1e9; noise = (((i * 7 + k * 13) % 11) - 5) / 5e3
                d = 0.9 + 0.35 / (N / 1e9) ^ 0.35 + 0.3 / (r + 0.15) ^ 0.7 + (r > 0 ? 0.08 * r ^ 1.2 / k ^ 0.35 : 0)
                g = 1.9 + 0.45 / (N / 1e9) ^ 0.3 + 0.12 / (1 - r + 0.05) ^ 0.55
                g = g + (r < 1 ? 0.05 * (1 - r) ^ 1.3 / k ^ 0.3 : 0)
                printf "%s-%s,%d,%s,%.0f,%s,%.5f,%.5f\n", N, r, k * 500, N, D, r, d + noise, g - noise
            }
        }' >>runs.csv
    done
}
