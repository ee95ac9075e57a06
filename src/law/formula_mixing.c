/* Formulas of mixtures of domains. */
#include <stdlib.h>
#include <string.h>

#include "law/formula.h"
#include "law/mixing.h"

#define YE "Ye et al. 2025, arXiv 2403.16952"
#define GU "Gu et al. 2024, arXiv 2407.17467"
#define SUM_SLACK 1e-3 /* by which shares may miss 1 */

static void print_list(struct json *json, const char *key, const double *values, size_t count)
{
    json_key(json, key);
    json_open(json, '[');
    for (size_t i = 0; i < count; i++) {
        json_real(json, values[i]);
    }
    json_close(json, ']');
}

/* ---- The exponential law ----------------------------------------------------------------------------------------- */

static tamis_status work_mixing(const struct formula_values *v, struct json *json, tamis_err *err)
{
    const struct formula_list slopes = v->list[0], shares = v->list[1];
    double sum = 0;
    for (size_t i = 0; i < shares.count; i++) {
        sum += shares.at[i];
    }
    if (slopes.count != shares.count) {
        return tamis_fail(err, TAMIS_USAGE, "t has %zu numbers and shares has %zu; one of each belongs to a domain",
                          slopes.count, shares.count);
    }
    if (fabs(sum - 1) > SUM_SLACK) {
        return tamis_fail(err, TAMIS_USAGE, "the shares sum to %g; they must sum to 1", sum);
    }
    const struct mixing law = {.c = v->at[0], .k = v->at[1], .t = slopes.at, .count = slopes.count};
    json_key_real(json, "loss_nats", mixing_at(&law, shares.at));
    return TAMIS_OK;
}

static const struct formula_input mixing_inputs[] = {
    FORMULA_NEEDED("c", NULL, 0, 100, "floor, nats"),
    FORMULA_NEEDED("k", NULL, 0, FORMULA_ANY, "factor of the exponential, nats"),
    FORMULA_LIST("t", NULL, -1e3, 1e3, "what a share of each domain does"),
    FORMULA_LIST("shares", "r", 0, 1, "share of each domain; they sum to 1"),
    FORMULA_END,
};

const struct formula formula_mixing_exp = {
    .name = "mixing_exp",
    .equation = "L = c + k exp(sum t_j r_j)",
    .source = YE ", eq. 6",
    .inputs = mixing_inputs,
    .work = work_mixing,
};

static tamis_status work_critical(const struct formula_values *v, struct json *json, tamis_err *err)
{
    const double c = v->at[0], log_k = v->at[1], slope = v->at[2], limit = v->at[3];
    if (!(limit > c)) {
        return tamis_fail(err, TAMIS_INPUT, "infeasible: the loss stays above its floor c = %g, and the limit is %g", c,
                          limit);
    }
    if (!(fabs(slope) > 0)) {
        return tamis_fail(err, TAMIS_INPUT, "b is 0: the loss does not depend on the share");
    }
    const double share = (tamis_log(limit - c) - log_k) / slope;
    static const char *const all[] = {"outside 0 to 1: every share keeps the limit", NULL};
    static const char *const none[] = {"outside 0 to 1: no share keeps the limit", NULL};
    json_key_real(json, "share", share);
    if (!(share >= 0 && share <= 1)) {
        formula_notes(json, c + tamis_exp(log_k) <= limit ? all : none);
    }
    return TAMIS_OK;
}

static const struct formula_input critical_inputs[] = {
    FORMULA_NEEDED("c", NULL, 0, 100, "floor, nats"),
    FORMULA_NEEDED("log_k", NULL, -1e3, 1e3, "logarithm of the factor k"),
    FORMULA_NEEDED("b", NULL, -1e3, 1e3, "what the share does: t of the domain minus t of the other"),
    FORMULA_NEEDED("limit_nats", "limit", FORMULA_ABOVE_0, 100, "what the loss may be, nats"),
    FORMULA_END,
};

const struct formula formula_mixing_critical = {
    .name = "mixing_critical",
    .equation = "r with c + exp(log_k + b r) = limit, two domains",
    .source = "from " YE ", eq. 6, solved for r",
    .inputs = critical_inputs,
    .work = work_critical,
};

/* ---- BiMix ------------------------------------------------------------------------------------------------------- */

static tamis_status work_bimix(const struct formula_values *v, struct json *json, tamis_err *err)
{
    const struct bimix law = {.a = v->at[2], .exponent_a = v->at[3], .b = v->at[4], .exponent_b = v->at[5],
                              .c = v->at[6]};
    (void)err;
    json_key_real(json, "loss_nats", bimix_at(&law, v->at[0], v->at[1]));
    return TAMIS_OK;
}

static const struct formula_input bimix_inputs[] = {
    FORMULA_NEEDED("ratio", "r", FORMULA_ABOVE_0, 1, "share of the domain; the law has a pole at 0"),
    FORMULA_NEEDED("steps", "s", FORMULA_ABOVE_0, 1e12, "training steps"),
    FORMULA_NEEDED("A", NULL, FORMULA_ABOVE_0, FORMULA_ANY, "factor of 1 / r^a"),
    FORMULA_NEEDED("a", NULL, 0, 10, "exponent of r"),
    FORMULA_NEEDED("B", NULL, 0, FORMULA_ANY, "factor of 1 / s^b"),
    FORMULA_NEEDED("b", NULL, 0, 10, "exponent of s"),
    FORMULA_NEEDED("C", NULL, 0, FORMULA_ANY, "what steps do not bring down"),
    FORMULA_END,
};

const struct formula formula_bimix = {
    .name = "bimix",
    .equation = "L = (A / r^a) (B / s^b + C)",
    .source = "Ge et al. 2024, arXiv 2405.14908",
    .inputs = bimix_inputs,
    .work = work_bimix,
};

/* ---- Rules for shares -------------------------------------------------------------------------------------------- */

/* A list of results as long as the pools; NULL: no pool holds anything, or out of memory. */
static double *for_pools(const struct formula_list *pools, tamis_err *err)
{
    double sum = 0;
    for (size_t i = 0; i < pools->count; i++) {
        sum += pools->at[i];
    }
    if (!(sum > 0)) {
        (void)tamis_fail(err, TAMIS_INPUT, "all pools are empty");
        return NULL;
    }
    double *const results = calloc(pools->count + 1, sizeof *results);
    if (!results) {
        (void)tamis_fail(err, TAMIS_IO, "out of memory for %zu pools", pools->count);
    }
    return results;
}

static tamis_status work_temperature(const struct formula_values *v, struct json *json, tamis_err *err)
{
    const struct formula_list pools = v->list[0];
    double *const shares = for_pools(&pools, err);
    if (!shares) {
        return err ? err->status : TAMIS_INPUT;
    }
    temperature_shares(pools.at, pools.count, v->at[1], shares);
    print_list(json, "shares", shares, pools.count);
    free(shares);
    return TAMIS_OK;
}

static const struct formula_input temperature_inputs[] = {
    FORMULA_LIST("tokens", "n", 0, 1e18, "tokens of each pool"),
    FORMULA_USUAL("alpha", NULL, 0.3, 0, 10, "1: by size, 0: all alike; 1 / temperature"),
    FORMULA_END,
};

const struct formula formula_temperature = {
    .name = "temperature",
    .equation = "p_i = n_i^alpha / sum n_j^alpha",
    .source = "multilingual practice, such as Conneau et al. 2020, arXiv 1911.02116",
    .inputs = temperature_inputs,
    .work = work_temperature,
};

static tamis_status work_unimax(const struct formula_values *v, struct json *json, tamis_err *err)
{
    const struct formula_list pools = v->list[0];
    double *const taken = for_pools(&pools, err);
    if (!taken) {
        return err ? err->status : TAMIS_INPUT;
    }
    const double left = unimax_tokens(pools.at, pools.count, v->at[1], v->at[2], taken);
    print_list(json, "tokens_taken", taken, pools.count);
    json_key_real(json, "tokens_unspent", left);
    free(taken);
    return TAMIS_OK;
}

static const struct formula_input unimax_inputs[] = {
    FORMULA_LIST("tokens", "n", 0, 1e18, "tokens of each pool"),
    FORMULA_NEEDED("budget", "D", 1, 1e18, "training tokens"),
    FORMULA_USUAL("max_epochs", "e_max", 4, 1, 1000, "how often a pool may be used"),
    FORMULA_END,
};

const struct formula formula_unimax = {
    .name = "unimax",
    .equation = "from the smallest pool: min(budget left / pools left, n_i e_max)",
    .source = "Chung et al. 2023, arXiv 2304.09151",
    .inputs = unimax_inputs,
    .work = work_unimax,
};

/* ---- CMR --------------------------------------------------------------------------------------------------------- */

static bool use_cmr(const char *name, double *values)
{
    for (const struct cmr_set *set = cmr_sets; set->name; set++) {
        if (strcmp(set->name, name) == 0) {
            values[1] = set->law.a;
            values[2] = set->law.s;
            values[3] = set->law.b;
            return true;
        }
    }
    return false;
}

static tamis_status work_cmr(const struct formula_values *v, struct json *json, tamis_err *err)
{
    static const char *const notes[] = {"such a law belongs to one size and one tolerance (0.05 nats in the published "
                                        "sets); it does not predict another size", NULL};
    const struct cmr_power law = {.a = v->at[1], .s = v->at[2], .b = v->at[3]};
    const double share = cmr_power_at(&law, v->at[0]);
    if (share < 0) {
        return tamis_fail(err, TAMIS_INPUT, "no feasible share: at %g tokens the law gives %.4g\nTrain longer, if the "
                          "share grows with the tokens (a s > 0).", v->at[0], share);
    }
    json_key_real(json, "ratio", fmin(share, 1));
    json_key_real(json, "unclamped", share);
    formula_notes(json, notes);
    return TAMIS_OK;
}

static const struct formula_input cmr_inputs[] = {
    FORMULA_TOKENS,
    FORMULA_NEEDED("a", "a4", -1e6, 1e6, "factor"),
    FORMULA_NEEDED("s", "s4", -10, 10, "exponent of T, tokens in units of 0.2 billion"),
    FORMULA_NEEDED("b", "b3", -1e6, 1e6, "constant"),
    FORMULA_END,
};

const struct formula formula_cmr = {
    .name = "cmr",
    .equation = "R = a T^s + b, T = tokens / 0.2e9",
    .source = GU " (constants second-hand)",
    .inputs = cmr_inputs,
    .work = work_cmr,
    .sets = "460M, 940M, 1.6B, 3.1B",
    .use_set = use_cmr,
};

static tamis_status work_change(const struct formula_values *v, struct json *json, tamis_err *err)
{
    const struct cmr_power first = {.a = v->at[1], .s = v->at[2], .b = v->at[5]};
    const struct cmr_power second = {.a = v->at[3], .s = v->at[4], .b = 0};
    (void)err;
    json_key_real(json, "loss_change_nats", cmr_power_at(&first, v->at[0]) + cmr_power_at(&second, v->at[0]));
    return TAMIS_OK;
}

static const struct formula_input change_inputs[] = {
    FORMULA_TOKENS,
    FORMULA_NEEDED("a", "a2", -1e6, 1e6, "factor of T^s"),
    FORMULA_NEEDED("s", "s2", -10, 10, "exponent of T"),
    FORMULA_USUAL("a_second", "a3", 0, -1e6, 1e6, "factor of the second power; 0 for the domain's loss"),
    FORMULA_USUAL("s_second", "s3", 1, -10, 10, "exponent of the second power"),
    FORMULA_USUAL("b", "b2", 0, -1e6, 1e6, "constant"),
    FORMULA_END,
};

const struct formula formula_cmr_change = {
    .name = "cmr_change",
    .equation = "dL = a T^s + a' T^s' + b, T = tokens / 0.2e9",
    .source = GU " (second-hand)",
    .inputs = change_inputs,
    .work = work_change,
};
