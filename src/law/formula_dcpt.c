/* Formulas of the D-CPT law: the curve, and the share that answers each question when the constants are known. */
#include "law/dcpt_curve.h"
#include "law/formula.h"
#include "law/root.h"
#include "law/scaling.h"

#define QUE "Que et al. 2024, arXiv 2406.01375"

#define SHAPE(prefix, symbol) \
    FORMULA_NEEDED(prefix "E", NULL, 0, 100, symbol "irreducible loss, nats"), \
    FORMULA_NEEDED(prefix "A", NULL, 0, FORMULA_ANY, symbol "factor of 1 / N^alpha, N in billions"), \
    FORMULA_NEEDED(prefix "alpha", NULL, FORMULA_ABOVE_0, 10, symbol "exponent of N"), \
    FORMULA_NEEDED(prefix "B", NULL, 0, FORMULA_ANY, symbol "factor of r^eta / D^beta, D in billions"), \
    FORMULA_NEEDED(prefix "eta", NULL, 1, 10, symbol "exponent of r; below 1 the loss would rise at r = 0"), \
    FORMULA_NEEDED(prefix "beta", NULL, FORMULA_ABOVE_0, 10, symbol "exponent of D"), \
    FORMULA_NEEDED(prefix "C", NULL, 0, FORMULA_ANY, symbol "factor of 1 / (r + eps)^gamma"), \
    FORMULA_NEEDED(prefix "eps", NULL, FORMULA_ABOVE_0, 10, symbol "shift of r; 0 would be a pole at r = 0"), \
    FORMULA_NEEDED(prefix "gamma", NULL, FORMULA_ABOVE_0, 10, symbol "exponent of r + eps")
enum { SHAPE_INPUTS = 9 };

static struct dcpt_curve curve_from(const double *v)
{
    return (struct dcpt_curve){.e = v[0], .a = v[1], .alpha = v[2], .b = v[3], .eta = v[4], .beta = v[5], .c = v[6],
                               .eps = v[7], .gamma = v[8]};
}

/* ---- The curve -------------------------------------------------------------------------------------------------- */

static void note_monotone(struct json *json, const struct dcpt_curve *curve, double tokens)
{
    static const char *const below[] = {"below least_tokens the law is not monotone: as the share of what the loss is "
                                        "about nears 1, the loss rises again", NULL};
    static const char *const always[] = {"with C = 0 the loss rises with the share of what it is about, whatever the "
                                         "tokens", NULL};
    const double least = dcpt_least_tokens(curve);
    json_key_real(json, "least_tokens", least);
    if (tokens < least) {
        formula_notes(json, isinf(least) ? always : below);
    }
}

static tamis_status work_dcpt(const struct formula_values *v, struct json *json, tamis_err *err)
{
    const struct dcpt_curve curve = curve_from(v->at + 3);
    const double tokens = v->at[1], share = v->at[2];
    (void)err;
    json_key_real(json, "loss_nats", dcpt_at(&curve, v->at[0], tokens, share));
    json_key_real(json, "slope", dcpt_slope(&curve, tokens, share));
    json_key_real(json, "lowest_share", dcpt_lowest(&curve, tokens));
    note_monotone(json, &curve, tokens);
    return TAMIS_OK;
}

#define SHARE FORMULA_NEEDED("ratio", "r", 0, 1, "share of the tokens that the loss is about (95 percent is 0.95)")

static const struct formula_input dcpt_inputs[] = {FORMULA_PARAMETERS, FORMULA_TOKENS, SHARE, SHAPE("", ""),
                                                   FORMULA_END};

const struct formula formula_dcpt = {
    .name = "dcpt",
    .equation = "L = E + A / N^alpha + B r^eta / D^beta + C / (r + eps)^gamma; N and D in billions",
    .source = QUE ", parametrisation L3",
    .inputs = dcpt_inputs,
    .work = work_dcpt,
};

static tamis_status work_cross(const struct formula_values *v, struct json *json, tamis_err *err)
{
    const struct dcpt_curve curve = curve_from(v->at + 3);
    const double *const k = v->at + 3 + SHAPE_INPUTS;
    const double learnable = k[2] / k[0] + k[3] * k[1];
    if (!(learnable > 0)) {
        return tamis_fail(err, TAMIS_INPUT, "K = w1 / k1 + w2 k2 is %g; it must be above 0", learnable);
    }
    json_key_real(json, "K", learnable);
    json_key_real(json, "loss_nats",
                  dcpt_at(&curve, v->at[0], v->at[1], v->at[2]) + k[4] * real_power(learnable, -k[5]));
    note_monotone(json, &curve, v->at[1]);
    return TAMIS_OK;
}

static const struct formula_input cross_inputs[] = {
    FORMULA_PARAMETERS,
    FORMULA_TOKENS,
    SHARE,
    SHAPE("", ""),
    FORMULA_NEEDED("k1", NULL, FORMULA_ABOVE_0, 100, "validation loss of the domain before training, nats"),
    FORMULA_NEEDED("k2", NULL, 0, 100, "how fast it falls at first"),
    FORMULA_NEEDED("w1", NULL, -1e6, 1e6, "weight of 1 / k1"),
    FORMULA_NEEDED("w2", NULL, -1e6, 1e6, "weight of k2"),
    FORMULA_NEEDED("F", NULL, 0, FORMULA_ANY, "factor of 1 / K^mu"),
    FORMULA_NEEDED("mu", NULL, -10, 10, "exponent of K"),
    FORMULA_END,
};

const struct formula formula_dcpt_cross_domain = {
    .name = "dcpt_cross_domain",
    .equation = "L = D-CPT + F / K^mu, K = w1 / k1 + w2 k2",
    .source = QUE ", section 3.4 (second-hand)",
    .inputs = cross_inputs,
    .work = work_cross,
};

/* ---- A budget on the general loss -------------------------------------------------------------------------------- */

struct general {
    struct dcpt_curve curve;
    double parameters, tokens, limit;
};

static double over_limit(const void *context, double ratio)
{
    const struct general *const g = context;
    return dcpt_at(&g->curve, g->parameters, g->tokens, 1 - ratio) - g->limit;
}

static tamis_status work_budget(const struct formula_values *v, struct json *json, tamis_err *err)
{
    struct general g = {.curve = curve_from(v->at + 4), .parameters = v->at[0], .tokens = v->at[1]};
    const double only = dcpt_at(&g.curve, g.parameters, g.tokens, 1);
    const double from = 1 - dcpt_lowest(&g.curve, g.tokens); /* above 0 where D is below dcpt_least_tokens() */
    const double least = dcpt_at(&g.curve, g.parameters, g.tokens, 1 - from);
    if (isnan(v->at[2]) == isnan(v->at[3])) {
        return tamis_fail(err, TAMIS_USAGE, "dcpt_budget: give one of difference_nats and limit_nats");
    }
    g.limit = isnan(v->at[3]) ? only + v->at[2] : v->at[3];
    if (g.limit < least) {
        return tamis_fail(err, TAMIS_INPUT, "infeasible: the limit is %.6g, and the general loss is at least %.6g, at "
                          "a domain share of %.6g\nAllow at least that.", g.limit, least, from);
    }
    json_key_real(json, "ratio", rising_root(over_limit, &g, from, 1));
    json_key_real(json, "limit_nats", g.limit);
    json_key_real(json, "loss_replay_only_nats", only);
    json_key_real(json, "loss_least_nats", least);
    note_monotone(json, &g.curve, g.tokens);
    return TAMIS_OK;
}

static const struct formula_input budget_inputs[] = {
    FORMULA_PARAMETERS,
    FORMULA_TOKENS,
    FORMULA_OPTIONAL("difference_nats", "delta", 0, 100, "what the general loss may rise over general data alone"),
    FORMULA_OPTIONAL("limit_nats", "limit", FORMULA_ABOVE_0, 100, "or what it may be"),
    SHAPE("", "general loss: "),
    FORMULA_END,
};

const struct formula formula_dcpt_budget = {
    .name = "dcpt_budget",
    .equation = "the largest domain share r with L_g(N, D, 1 - r) <= limit",
    .source = QUE ", usage 1 (trade-off)",
    .inputs = budget_inputs,
    .work = work_budget,
};

/* ---- A weighted sum ---------------------------------------------------------------------------------------------- */

static struct dcpt_curve share_terms(const double *v)
{
    return (struct dcpt_curve){.alpha = 1, .b = v[0], .eta = v[1], .beta = v[2], .c = v[3], .eps = v[4], .gamma = v[5]};
}

static tamis_status work_weighted(const struct formula_values *v, struct json *json, tamis_err *err)
{
    const struct dcpt_curve domain = share_terms(v->at + 2), general = share_terms(v->at + 8);
    (void)err;
    json_key_real(json, "ratio", dcpt_weighted_share(&domain, &general, v->at[0], v->at[1], NULL));
    return TAMIS_OK;
}

#define SHARE_TERMS(prefix, whose) \
    FORMULA_NEEDED(prefix "B", NULL, 0, FORMULA_ANY, whose "factor of r^eta / D^beta, D in billions"), \
    FORMULA_NEEDED(prefix "eta", NULL, 1, 10, whose "exponent of r"), \
    FORMULA_NEEDED(prefix "beta", NULL, FORMULA_ABOVE_0, 10, whose "exponent of D"), \
    FORMULA_NEEDED(prefix "C", NULL, 0, FORMULA_ANY, whose "factor of 1 / (r + eps)^gamma"), \
    FORMULA_NEEDED(prefix "eps", NULL, FORMULA_ABOVE_0, 10, whose "shift of r"), \
    FORMULA_NEEDED(prefix "gamma", NULL, FORMULA_ABOVE_0, 10, whose "exponent of r + eps")

static const struct formula_input weighted_inputs[] = {
    FORMULA_TOKENS,
    FORMULA_NEEDED("weight", "w", 0, 1, "weight of the domain's loss"),
    SHARE_TERMS("domain_", "domain: "),
    SHARE_TERMS("general_", "general: "),
    FORMULA_END,
};

const struct formula formula_dcpt_weighted = {
    .name = "dcpt_weighted",
    .equation = "the domain share r with w dL_d/dr(r) = (1 - w) dL_g/dr(1 - r)",
    .source = "from " QUE ", free of N",
    .inputs = weighted_inputs,
    .work = work_weighted,
};

/* ---- Limited text of the domain ---------------------------------------------------------------------------------- */

static tamis_status work_limited(const struct formula_values *v, struct json *json, tamis_err *err)
{
    const struct dcpt_curve curve = share_terms(v->at + 1);
    const double tokens = v->at[0], ratio = dcpt_limited_share(&curve, tokens, 1);
    if (!(ratio > 0)) {
        return tamis_fail(err, TAMIS_INPUT, "no share is best: with C = %g the loss falls without end as general text "
                          "is added, since only C / (r + eps)^gamma speaks for the domain\nTake the constants from a "
                          "fit to runs of several shares.", curve.c);
    }
    json_key_real(json, "ratio", ratio);
    json_key_real(json, "tokens", tokens / ratio);
    json_key_real(json, "general_tokens", tokens / ratio - tokens);
    return TAMIS_OK;
}

static const struct formula_input limited_inputs[] = {
    FORMULA_NEEDED("domain_tokens", "D_d", FORMULA_FEWEST, 1e18, "tokens of the domain, all of which are used"),
    SHARE_TERMS("", "domain: "), FORMULA_END};

const struct formula formula_dcpt_limited = {
    .name = "dcpt_limited",
    .equation = "the r with the least B r^(eta + beta) / D_d^beta + C / (r + eps)^gamma; D = D_d / r",
    .source = QUE ", usage 2 (limited domain data)",
    .inputs = limited_inputs,
    .work = work_limited,
};

/* ---- Resources --------------------------------------------------------------------------------------------------- */

static tamis_status work_resources(const struct formula_values *v, struct json *json, tamis_err *err)
{
    const struct dcpt_curve curve = curve_from(v->at + 2);
    const struct chinchilla_best best = dcpt_resources(&curve, v->at[1], v->at[0]);
    if (isnan(best.loss)) {
        return tamis_fail(err, TAMIS_INPUT, "A and B r^eta must be above 0: without one of them there is no optimum");
    }
    json_key_real(json, "parameters", best.parameters);
    json_key_real(json, "tokens", best.tokens);
    json_key_real(json, "loss_nats", best.loss);
    return TAMIS_OK;
}

static const struct formula_input resources_inputs[] = {
    FORMULA_NEEDED("flop", "C_flop", 6, 1e40, "operations there are, 6 N D"), SHARE, SHAPE("", ""), FORMULA_END};

const struct formula formula_dcpt_resources = {
    .name = "dcpt_resources",
    .equation = "the N and D with 6 N D = flop and the least L at a share r",
    .source = QUE ", usage 3 (resource allocation)",
    .inputs = resources_inputs,
    .work = work_resources,
};

/* ---- Repeats of a pool ------------------------------------------------------------------------------------------- */

static tamis_status work_repeats(const struct formula_values *v, struct json *json, tamis_err *err)
{
    static const char *const notes[] = {"planning heuristic: to put this share into the D-CPT law is not published",
                                        NULL};
    const double tokens = v->at[0], unique = v->at[1], share = v->at[2];
    struct constrained law = constrained_published;
    law.repeats = v->at[4];
    (void)err;
    json_key_real(json, "highest_ratio", fmin(1, v->at[3] * unique / tokens));
    json_key_real(json, "epochs", share * tokens / unique);
    json_key_real(json, "ratio_effective", constrained_tokens(&law, unique, share * tokens) / tokens);
    formula_notes(json, notes);
    return TAMIS_OK;
}

static const struct formula_input repeats_inputs[] = {
    FORMULA_TOKENS,
    FORMULA_NEEDED("tokens_unique", "U", FORMULA_FEWEST, 1e18, "different tokens of the pool"),
    FORMULA_NEEDED("ratio", "r", 0, 1, "share of the tokens that is of the pool"),
    FORMULA_USUAL("max_epochs", "e_max", 4, 1, 1000, "how often the pool may be used"),
    FORMULA_USUAL("R_D", "RD", 15.387756, FORMULA_ABOVE_0, FORMULA_ANY, "R_D*: repeats after which they decay"),
    FORMULA_END,
};

const struct formula formula_repeats = {
    .name = "repeats",
    .equation = "r_max = min(1, e_max U / D); r_eff = D_eff(U, r D) / D",
    .source = "cap by definition; decay of Muennighoff et al. 2023, arXiv 2305.16264, eq. 5",
    .inputs = repeats_inputs,
    .work = work_repeats,
};
