/* Formulas of ensembles, of pruned models, and of the proposition that joins them. */
#include "law/downscaling.h"
#include "law/formula.h"

/* ---- Ensembles -------------------------------------------------------------------------------------------------- */

static tamis_status work_ensemble(const struct formula_values *v, struct json *json, tamis_err *err)
{
    static const char *const notes[] = {"measured as calibrated loss of image classifiers; no published constants for "
                                        "language models were found; gains there are said to be of the order of 0.1 "
                                        "nats", NULL};
    const double loss = v->at[0], gain = v->at[3];
    if (gain > loss) {
        return tamis_fail(err, TAMIS_USAGE, "b=%g is more than the loss %g of one model, which an ensemble cannot gain",
                          gain, loss);
    }
    json_key_real(json, "loss_nats", ensemble_at(loss, v->at[2], gain, v->at[1]));
    json_key_real(json, "limit_nats", loss - gain);
    formula_notes(json, notes);
    return TAMIS_OK;
}

static const struct formula_input ensemble_inputs[] = {
    FORMULA_NEEDED("loss_nats", "L0", FORMULA_ABOVE_0, 100, "loss of one model"),
    FORMULA_NEEDED("models", "n", 1, 1e6, "members of the ensemble"),
    FORMULA_USUAL("a", NULL, 0.83, FORMULA_ABOVE_0, 10, "exponent"),
    FORMULA_NEEDED("b", NULL, FORMULA_ABOVE_0, 100, "what infinitely many members gain, nats"),
    FORMULA_END,
};

const struct formula formula_ensemble = {
    .name = "ensemble",
    .equation = "L(n) = L0 - b + b / n^a",
    .source = "Lobacheva et al. 2020, arXiv 2007.08483",
    .inputs = ensemble_inputs,
    .work = work_ensemble,
};

/* ---- P2 --------------------------------------------------------------------------------------------------------- */

#define CONSTANTS \
    FORMULA_NEEDED("gamma", NULL, -10, 10, "exponent of rho (1.08 is quoted for Llama-3-8B)"), \
    FORMULA_NEEDED("delta", NULL, -10, 10, "exponent of N0"), \
    FORMULA_NEEDED("N_C", NULL, -FORMULA_ANY, FORMULA_ANY, "factor of 1 / N0^alpha, N0 in billions"), \
    FORMULA_NEEDED("alpha", NULL, -10, 10, "its exponent (-1.57 is quoted for Llama-3-8B)"), \
    FORMULA_NEEDED("D_C", NULL, -FORMULA_ANY, FORMULA_ANY, "factor of 1 / D^beta, D in billions"), \
    FORMULA_NEEDED("beta", NULL, FORMULA_ABOVE_0, 10, "its exponent"), \
    FORMULA_NEEDED("E", NULL, -FORMULA_ANY, FORMULA_ANY, "constant of the bracket")
#define RATE FORMULA_NEEDED("rate", "rho", 0, P2_HIGHEST_RATE, "share of the parameters pruned away")
#define BEFORE FORMULA_NEEDED("loss_nats", "L0", FORMULA_ABOVE_0, 100, "loss before pruning")
#define SIZE FORMULA_NEEDED("parameters", "N0", FORMULA_FEWEST, 1e18, "parameters before pruning, in ones")

static struct p2 constants(const double *v)
{
    return (struct p2){.gamma = v[0], .delta = v[1], .nc = v[2], .alpha = v[3], .dc = v[4], .beta = v[5], .e = v[6]};
}

/* Where nothing is pruned there is nothing to say. */
static void note_p2(struct json *json, double rate, bool grows)
{
    const char *notes[3] = {NULL};
    size_t count = 0;
    if (!(rate > 0)) {
        return;
    }
    if (!grows) {
        notes[count++] = "with these constants more pruning predicts less loss, which cannot be: do not plan with them";
    }
    if (rate < P2_LOWEST_RATE) {
        notes[count++] = "the law was fitted to rates of 0.15 to 0.35";
    }
    json_key_bool(json, "grows_with_rate", grows);
    formula_notes(json, notes);
}

static tamis_status work_p2(const struct formula_values *v, struct json *json, tamis_err *err)
{
    const struct p2 law = constants(v->at + 4);
    (void)err;
    json_key_real(json, "loss_after_nats", p2_at(&law, v->at[0], v->at[1], v->at[2], v->at[3]));
    note_p2(json, v->at[1], p2_grows(&law, v->at[1], v->at[2], v->at[3]));
    return TAMIS_OK;
}

static const struct formula_input p2_inputs[] = {BEFORE, RATE, SIZE, FORMULA_TOKENS, CONSTANTS, FORMULA_END};

const struct formula formula_p2 = {
    .name = "p2",
    .equation = "L = L0 + rho^-gamma N0^-delta (N_C / N0^alpha + D_C / D^beta + E); N0 and D in billions",
    .source = "Chen et al. 2025, arXiv 2411.10272 (N_C, D_C, E, beta and delta are not published where we looked)",
    .inputs = p2_inputs,
    .work = work_p2,
};

static tamis_status work_p2_tokens(const struct formula_values *v, struct json *json, tamis_err *err)
{
    const struct p2 law = constants(v->at + 4);
    const double tokens = p2_tokens(&law, v->at[0], v->at[1], v->at[2], v->at[3]);
    if (isnan(tokens) && !(v->at[1] > 0)) {
        return tamis_fail(err, TAMIS_INPUT, "infeasible: nothing is pruned, so the loss stays at %g, above %g\nAllow "
                          "that.", v->at[0], v->at[3]);
    }
    if (isnan(tokens)) {
        return tamis_fail(err, TAMIS_INPUT, "infeasible: no number of tokens brings the loss to %g\nPrune less, or "
                          "allow more.", v->at[3]);
    }
    json_key_real(json, "tokens", tokens);
    note_p2(json, v->at[1], tokens > 0 && p2_grows(&law, v->at[1], v->at[2], tokens));
    return TAMIS_OK;
}

static const struct formula_input p2_tokens_inputs[] = {
    BEFORE, RATE, SIZE, FORMULA_NEEDED("target_nats", "L", FORMULA_ABOVE_0, 100, "loss wanted after pruning"),
    CONSTANTS, FORMULA_END};

const struct formula formula_p2_tokens = {
    .name = "p2_tokens",
    .equation = "D = (D_C / ((L - L0) rho^gamma N0^delta - N_C / N0^alpha - E))^(1 / beta)",
    .source = "Chen et al. 2025, arXiv 2411.10272, solved for D",
    .inputs = p2_tokens_inputs,
    .work = work_p2_tokens,
};

/* ---- The proposition -------------------------------------------------------------------------------------------- */

static tamis_status work_proposition(const struct formula_values *v, struct json *json, tamis_err *err)
{
    const struct proposition p = {.a = v->at[1], .b = v->at[2], .gamma = v->at[3], .delta = v->at[4]};
    const char *const notes[] = {
        "N0 counts in billions: in another unit the condition says something else",
        "the bracket of the P2 law is set to 1, and rho = (n - 1) / n lies far outside its 0.15 to 0.35",
        "no published a and b for language models were found; gains there are said to be of the order of 0.1 nats",
        "equal training cost counts N D only: n members run at inference",
        p.gamma > 0 ? "with gamma above 0 the P2 law has more pruning lower the loss" : NULL, NULL};
    const unsigned fewest = proposition_models(&p, v->at[0]);
    (void)err;
    json_key_real(json, "right_side", proposition_right(&p, v->at[0]));
    proposition_print_fewest(json, &p, v->at[0]);
    if (fewest) {
        json_key_real(json, "left_side", proposition_left(&p, fewest));
    }
    if (!isnan(v->at[5])) {
        json_key_real(json, "left_side_at_models", proposition_left(&p, v->at[5]));
        json_key_bool(json, "holds_at_models", proposition_left(&p, v->at[5]) >= proposition_right(&p, v->at[0]));
    }
    if (p.gamma >= 0) { /* then the left side stays below 1 */
        json_key_real(json, "least_ensemble_b", proposition_right(&p, v->at[0]) * p.b);
    }
    proposition_print_sweep(json, &p, v->at[0]);
    formula_notes(json, notes);
    return TAMIS_OK;
}

static const struct formula_input proposition_inputs[] = {
    FORMULA_NEEDED("parameters", "N0", FORMULA_FEWEST, 1e18, "parameters of the large model, in ones"),
    FORMULA_USUAL("a", NULL, 0.83, FORMULA_ABOVE_0, 10, "exponent of the ensemble law"),
    FORMULA_USUAL("b", NULL, 0.83, FORMULA_ABOVE_0, 100, "gain of the ensemble law, nats"),
    FORMULA_USUAL("gamma", NULL, 1.08, -10, 10, "exponent of the P2 law"),
    FORMULA_USUAL("delta", NULL, 0.29, -10, 10, "exponent of the P2 law"),
    FORMULA_OPTIONAL("models", "n", 2, 1e6, "a number of models to try"),
    FORMULA_END,
};

const struct formula formula_proposition = {
    .name = "proposition",
    .equation = "(n^a - 1) (n - 1)^gamma / n^(a + gamma) >= 1 / (b N0^delta); N0 in billions",
    .source = "the downscaling proposition, from the ensemble and P2 laws; checked by recomputation",
    .inputs = proposition_inputs,
    .work = work_proposition,
};
