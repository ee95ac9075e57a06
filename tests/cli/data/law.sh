# Laws to plan with; source it with: . "$DATA/law.sh"

# Five ratios of a small model, the ends among them: law.json.
make_law() {
    printf 'N,D,ratio,loss_domain,loss_general\n70e6,2e9,0,2.032,2.0168\n70e6,2e9,0.33,1.4036,2.0409\n' >runs.csv
    printf '70e6,2e9,0.67,1.2456,2.0976\n70e6,2e9,0.9,1.1831,2.2416\n70e6,2e9,1,1.172,2.5233\n' >>runs.csv
    "$TAMIS" fit runs.csv -o law.json -q "$@"
}

chemistry=$DATA/../../../corpora/laws/que2024_chemistry.csv
