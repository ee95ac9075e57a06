/* Formulas of loss over parameters and tokens. */
#include <string.h>

#include "law/formula.h"
#include "law/scaling.h"

#define HOFFMANN "Hoffmann et al. 2022, arXiv 2203.15556, section 3.3"
#define MUENNIGHOFF "Muennighoff et al. 2023, arXiv 2305.16264, section 3"

/* ---- Kaplan ----------------------------------------------------------------------------------------------------- */

static tamis_status work_kaplan(const struct formula_values *v, struct json *json, tamis_err *err)
{
    static const char *const notes[] = {"the law has no floor: it falls to 0; use it for comparison only", NULL};
    const struct kaplan law = {.nc = v->at[2], .an = v->at[3], .dc = v->at[4], .ad = v->at[5]};
    (void)err;
    json_key_real(json, "loss_nats", kaplan_at(&law, v->at[0], v->at[1]));
    formula_notes(json, notes);
    return TAMIS_OK;
}

static const struct formula_input kaplan_inputs[] = {
    FORMULA_NEEDED("parameters", "N", FORMULA_FEWEST, 1e18, "parameters without embeddings"),
    FORMULA_TOKENS,
    FORMULA_USUAL("N_c", "Nc", 6.4e13, FORMULA_ABOVE_0, FORMULA_ANY, "constant, parameters"),
    FORMULA_USUAL("alpha_N", "aN", 0.076, FORMULA_ABOVE_0, 10, "exponent of N"),
    FORMULA_USUAL("D_c", "Dc", 1.8e13, FORMULA_ABOVE_0, FORMULA_ANY, "constant, tokens"),
    FORMULA_USUAL("alpha_D", "aD", 0.103, FORMULA_ABOVE_0, 10, "exponent of D"),
    FORMULA_END,
};

const struct formula formula_kaplan = {
    .name = "kaplan",
    .equation = "L = [(Nc / N)^(aN / aD) + Dc / D]^aD",
    .source = "Kaplan et al. 2020, arXiv 2001.08361, eq. 1.5 (constants of the joint fit, second-hand)",
    .inputs = kaplan_inputs,
    .work = work_kaplan,
};

/* ---- Chinchilla ------------------------------------------------------------------------------------------------- */

#define CONSTANTS \
    FORMULA_USUAL("E", NULL, 1.8172, 0, 100, "irreducible loss, nats per token"), \
    FORMULA_USUAL("A", NULL, 482.01, FORMULA_ABOVE_0, FORMULA_ANY, "factor of 1 / N^alpha"), \
    FORMULA_USUAL("B", NULL, 2085.43, FORMULA_ABOVE_0, FORMULA_ANY, "factor of 1 / D^beta"), \
    FORMULA_USUAL("alpha", NULL, 0.3478, FORMULA_ABOVE_0, 10, "exponent of N"), \
    FORMULA_USUAL("beta", NULL, 0.3658, FORMULA_ABOVE_0, 10, "exponent of D")

static struct chinchilla constants(const double *from)
{
    return (struct chinchilla){.e = from[0], .a = from[1], .b = from[2], .alpha = from[3], .beta = from[4]};
}

static bool fill(const char *name, double *to)
{
    for (const struct chinchilla_set *set = chinchilla_sets; set->name; set++) {
        if (strcmp(set->name, name) == 0) {
            const double values[] = {set->law.e, set->law.a, set->law.b, set->law.alpha, set->law.beta};
            memcpy(to, values, sizeof values);
            return true;
        }
    }
    return false;
}

static bool fill_after_two(const char *name, double *values)
{
    return fill(name, values + 2);
}

static bool fill_after_one(const char *name, double *values)
{
    return fill(name, values + 1);
}

#define SETS "hoffmann, hoffmann_unrounded, besiroglu, c4"

static tamis_status work_chinchilla(const struct formula_values *v, struct json *json, tamis_err *err)
{
    const struct chinchilla law = constants(v->at + 2);
    (void)err;
    json_key_real(json, "loss_nats", chinchilla_at(&law, v->at[0], v->at[1]));
    json_key_real(json, "flop", 6 * v->at[0] * v->at[1]);
    json_key_real(json, "tokens_per_parameter", v->at[1] / v->at[0]);
    return TAMIS_OK;
}

static const struct formula_input chinchilla_inputs[] = {FORMULA_PARAMETERS, FORMULA_TOKENS, CONSTANTS, FORMULA_END};

const struct formula formula_chinchilla = {
    .name = "chinchilla",
    .equation = "L = E + A / N^alpha + B / D^beta",
    .source = HOFFMANN "; usual constants: Besiroglu et al. 2024, arXiv 2404.10102",
    .inputs = chinchilla_inputs,
    .work = work_chinchilla,
    .sets = SETS,
    .use_set = fill_after_two,
};

static tamis_status work_optimum(const struct formula_values *v, struct json *json, tamis_err *err)
{
    const struct chinchilla law = constants(v->at + 1);
    const struct chinchilla_best best = chinchilla_optimum(&law, v->at[0]);
    (void)err;
    json_key_real(json, "parameters", best.parameters);
    json_key_real(json, "tokens", best.tokens);
    json_key_real(json, "loss_nats", best.loss);
    json_key_real(json, "tokens_per_parameter", best.tokens / best.parameters);
    return TAMIS_OK;
}

static const struct formula_input optimum_inputs[] = {
    FORMULA_NEEDED("flop", "C", 6, 1e40, "operations there are, 6 N D"), CONSTANTS, FORMULA_END};

const struct formula formula_chinchilla_optimum = {
    .name = "chinchilla_optimum",
    .equation = "G = (alpha A / (beta B))^(1 / (alpha + beta)); N = G (C / 6)^(beta / (alpha + beta)); D = C / (6 N)",
    .source = HOFFMANN ", eq. 4",
    .inputs = optimum_inputs,
    .work = work_optimum,
    .sets = SETS,
    .use_set = fill_after_one,
};

static tamis_status work_tokens(const struct formula_values *v, struct json *json, tamis_err *err)
{
    const struct chinchilla law = constants(v->at + 2);
    const double tokens = chinchilla_tokens(&law, v->at[0], v->at[1]);
    const double floor_loss = law.e + law.a * real_power(v->at[0], -law.alpha);
    if (isnan(tokens)) {
        return tamis_fail(err, TAMIS_INPUT, "infeasible: with %g parameters no number of tokens brings the loss to %g; "
                          "the floor E + A / N^alpha is %.6g. Ask for more than that, or take more parameters.",
                          v->at[0], v->at[1], floor_loss);
    }
    json_key_real(json, "tokens", tokens);
    json_key_real(json, "flop", 6 * v->at[0] * tokens);
    json_key_real(json, "floor_nats", floor_loss);
    return TAMIS_OK;
}

static const struct formula_input tokens_inputs[] = {
    FORMULA_PARAMETERS, FORMULA_NEEDED("loss_nats", "L", FORMULA_ABOVE_0, 100, "the loss wanted, nats per token"),
    CONSTANTS, FORMULA_END};

const struct formula formula_chinchilla_tokens = {
    .name = "chinchilla_tokens",
    .equation = "D = (B / (L - E - A / N^alpha))^(1 / beta)",
    .source = HOFFMANN ", solved for D",
    .inputs = tokens_inputs,
    .work = work_tokens,
    .sets = SETS,
    .use_set = fill_after_two,
};

/* ---- Quality ---------------------------------------------------------------------------------------------------- */

static tamis_status work_quality(const struct formula_values *v, struct json *json, tamis_err *err)
{
    static const char *const notes[] = {"fewer tokens give the same loss only if each is worth this many of the "
                                        "others; no scaling law says that they are", NULL};
    if (v->at[1] > v->at[0]) {
        return tamis_fail(err, TAMIS_INPUT, "tokens_kept %g is more than tokens_full %g; exchange them", v->at[1],
                          v->at[0]);
    }
    json_key_real(json, "quality_to_break_even", v->at[0] / v->at[1]);
    formula_notes(json, notes);
    return TAMIS_OK;
}

static const struct formula_input quality_inputs[] = {
    FORMULA_NEEDED("tokens_full", "D_full", FORMULA_ABOVE_0, 1e18, "tokens before pruning"),
    FORMULA_NEEDED("tokens_kept", "D_kept", FORMULA_ABOVE_0, 1e18, "tokens that are kept, in the same unit"),
    FORMULA_END};

const struct formula formula_quality = {
    .name = "quality",
    .equation = "q = D_full / D_kept, so that q D_kept counts as much as D_full",
    .source = "definition of a quality multiplier in front of D",
    .inputs = quality_inputs,
    .work = work_quality,
};

/* ---- Repeats ---------------------------------------------------------------------------------------------------- */

static tamis_status work_constrained(const struct formula_values *v, struct json *json, tamis_err *err)
{
    const double parameters = v->at[0], tokens = v->at[1], unique = v->at[2];
    struct constrained law = constrained_published;
    law.repeats = v->at[3];
    law.excess = v->at[4];
    const double suited = chinchilla_parameters_for(&law.law, fmin(unique, tokens));
    const char *notes[4] = {NULL};
    size_t count = 0;
    (void)err;
    json_key_real(json, "epochs", tokens / unique);
    json_key_real(json, "tokens_effective", constrained_tokens(&law, unique, tokens));
    json_key_real(json, "last_token_worth", constrained_last(&law, unique, tokens));
    json_key_real(json, "parameters_suited", suited);
    json_key_real(json, "parameters_effective", constrained_parameters(&law, fmin(unique, tokens), parameters));
    json_key_real(json, "loss_nats", constrained_at(&law, parameters, unique, tokens));
    if (tokens > CONSTRAINED_MOST_EPOCHS * unique) {
        notes[count++] = "outside the law: more than 40 epochs; measured losses may rise there, the law cannot";
    } else if (tokens > 5 * unique) {
        notes[count++] = "beyond 5 epochs the decay is uncertain: the published runs fit R_D* = 47 as well as 15.4";
    }
    if (parameters > CONSTRAINED_MOST_EXCESS * suited) {
        notes[count++] = "outside the law: more than 20 times the parameters that suit this many unique tokens";
    }
    formula_notes(json, notes);
    return TAMIS_OK;
}

static const struct formula_input constrained_inputs[] = {
    FORMULA_PARAMETERS,
    FORMULA_TOKENS,
    FORMULA_NEEDED("tokens_unique", "U", FORMULA_FEWEST, 1e18, "different tokens among them"),
    FORMULA_USUAL("R_D", "RD", 15.387756, FORMULA_ABOVE_0, FORMULA_ANY, "R_D*: repeats after which they decay"),
    FORMULA_USUAL("R_N", "RN", 5.309743, FORMULA_ABOVE_0, FORMULA_ANY, "R_N*: the same for parameters in excess"),
    FORMULA_END,
};

const struct formula formula_data_constrained = {
    .name = "data_constrained",
    .equation = "D_eff = U + U R_D* (1 - exp(-(D / U - 1) / R_D*)), N_eff likewise; "
                "L = E + A / N_eff^alpha + B / D_eff^beta",
    .source = MUENNIGHOFF ", with the C4 constants",
    .inputs = constrained_inputs,
    .work = work_constrained,
};
