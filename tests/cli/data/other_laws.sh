# LAW.json of laws other than dcpt, with constants that were published or made up, for plans.
make_chinchilla() {
    cat >law.json <<'END'
{"version": 2, "law": "chinchilla", "name": "published",
 "parameters": {"E": 1.8172, "A": 482.01, "B": 2085.43, "alpha": 0.3478, "beta": 0.3658},
 "replicates": [], "probe": {"N": [5.7e7, 1.6e10], "D": [8e8, 3.2e11], "flop": null}, "rows": 240}
END
}
make_constrained() {
    cat >law.json <<'END'
{"version": 2, "law": "data_constrained", "name": null,
 "parameters": {"set": "c4", "E": 1.8691436784054858, "A": 520.8249516599187, "B": 1487.716093782861,
                "alpha": 0.3526596, "beta": 0.3526596, "R_D": 15.387756, "R_N": 5.309743},
 "basins": [{"R_D": 15.387756, "R_N": 5.309743, "objective": 0.01582594, "starts": 1},
            {"R_D": 46.99, "R_N": 2.33, "objective": 0.01580738, "starts": 1}],
 "replicates": [], "probe": {"N": [1e7, 1e10], "D": [1e8, 1e12], "epochs": [1, 60], "flop": null}, "rows": 182}
END
}
make_mixing() {
    cat >law.json <<'END'
{"version": 2, "law": "mixing_exp", "name": null, "domains": ["web", "code", "books"],
 "losses": [{"loss": "web", "c": 2, "k": 1, "t": [-3, 0, 0]}, {"loss": "code", "c": 1, "k": 1, "t": [0, -2, 0]}],
 "probe": {"N": 1e8, "D": 1e9, "flop": null, "shares": [[0, 1], [0, 1], [0.1, 1]]}, "replicates": [], "rows": 20}
END
}
# L_gen = 2.5 + 0.1 R + 0.1 T^-0.5 - 0.02; the domain's loss falls with T
make_cmr() {
    cat >law.json <<'END'
{"version": 2, "law": "cmr", "name": null, "unit": "tokens", "base_loss_general": 2.5, "base_loss_domain": 1.8,
 "ratios": [
  {"ratio": 0.2, "rows": 9, "T": [5, 100], "peak": 0, "general": {"powers": [[0.1, -0.5]], "b": 0.00, "max_error": 0},
   "domain": {"powers": [[0.2, -0.5]], "b": -0.2, "max_error": 0}},
  {"ratio": 0.6, "rows": 9, "T": [5, 100], "peak": 0, "general": {"powers": [[0.1, -0.5]], "b": 0.04, "max_error": 0},
   "domain": {"powers": [[0.2, -0.5]], "b": -0.2, "max_error": 0}},
  {"ratio": 1, "rows": 9, "T": [5, 100], "peak": 0, "general": {"powers": [[0.1, -0.5]], "b": 0.08, "max_error": 0},
   "domain": {"powers": [[0.2, -0.5]], "b": -0.2, "max_error": 0}}],
 "probe": {"N": 4.6e8, "T": [5, 100], "ratio": [0.2, 1], "flop": null}, "rows": 27}
END
}
# Numbers to five places, without what they cost.
plan_of_law() {
    "$TAMIS" plan law.json "$@" -o plan.json || return
    jq -S 'del(.flop, .gpu_hours, .kwh, .kg_co2e, .embodied_kg, .price_of, .net) |
        walk(if type == "number" then (if . > 1e6 then round else (. * 1e5 | round) / 1e5 end) else . end)' plan.json
}
