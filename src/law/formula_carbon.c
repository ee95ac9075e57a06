/* Formulas of what training costs and what pruning saves. */
#include "law/carbon.h"
#include "law/formula.h"

#define LLMCARBON "Faiz et al. 2024, arXiv 2309.14393"
#define JOULES_PER_KWH 3.6e6
#define POWER \
    FORMULA_NEEDED("peak_flops", NULL, 1, 1e21, "operations per second of one device, dense, at the precision used"), \
    FORMULA_NEEDED("utilisation", "eff", FORMULA_ABOVE_0, 1, "share of the peak that is reached (40 percent is 0.4)"), \
    FORMULA_NEEDED("watts", "W", FORMULA_ABOVE_0, 1e5, "average system power per device, not its rated power"), \
    FORMULA_USUAL("pue", NULL, 1.1, 1, 10, "power usage effectiveness of the data centre"), \
    FORMULA_NEEDED("kg_per_kwh", "ci", 0, 5, "carbon intensity of the electricity, kg CO2e per kWh")

struct plant {
    double peak, utilisation, watts, pue, kg_per_kwh;
};

static struct plant plant_from(const double *v)
{
    return (struct plant){v[0], v[1], v[2], v[3], v[4]};
}

static double plant_kwh(const struct plant *p, double flop)
{
    return energy_kwh(device_hours(flop, p->peak, p->utilisation), p->watts, p->pue);
}

/* ---- Operations -------------------------------------------------------------------------------------------------- */

static tamis_status work_flop(const struct formula_values *v, struct json *json, tamis_err *err)
{
    (void)err;
    json_key_real(json, "training_flop", training_flop(v->at[0], v->at[1]));
    json_key_real(json, "inference_flop", inference_flop(v->at[0], v->at[1]));
    return TAMIS_OK;
}

static const struct formula_input flop_inputs[] = {
    FORMULA_NEEDED("parameters", "N", 1, 1e18, "parameters; of a mixture of experts the active ones"),
    FORMULA_NEEDED("tokens", "D", 1, 1e18, "tokens; 1: operations per token"), FORMULA_END};

const struct formula formula_flop = {
    .name = "flop",
    .equation = "training 6 N D, inference 2 N D",
    .source = "Kaplan et al. 2020, arXiv 2001.08361, section 2.1",
    .inputs = flop_inputs,
    .work = work_flop,
};

/* ---- Energy and carbon ------------------------------------------------------------------------------------------- */

static tamis_status work_carbon(const struct formula_values *v, struct json *json, tamis_err *err)
{
    const struct plant p = plant_from(v->at + 1);
    const double kwh = plant_kwh(&p, v->at[0]);
    (void)err;
    json_key_real(json, "device_hours", device_hours(v->at[0], p.peak, p.utilisation));
    json_key_real(json, "kwh", kwh);
    json_key_real(json, "kg_co2e", kwh * p.kg_per_kwh);
    json_key_real(json, "kg_per_parameter_token",
                  6 * p.watts * p.pue * p.kg_per_kwh / (p.peak * p.utilisation * JOULES_PER_KWH));
    return TAMIS_OK;
}

static const struct formula_input carbon_inputs[] = {
    FORMULA_NEEDED("flop", "C", 0, 1e40, "operations"), POWER, FORMULA_END};

const struct formula formula_carbon = {
    .name = "carbon",
    .equation = "kg = W n t / 3.6e6 x PUE x kg/kWh, n t = flop / (peak eff)",
    .source = LLMCARBON "; system power, as in its validation, not rated power x efficiency",
    .inputs = carbon_inputs,
    .work = work_carbon,
};

static tamis_status work_embodied(const struct formula_values *v, struct json *json, tamis_err *err)
{
    static const char *const notes[] = {"of a die this is a lower bound: a device with its share of the server is put "
                                        "at about 318 kg (A100, Chien et al. 2023)", NULL};
    (void)err;
    json_key_real(json, "kg_co2e",
                  embodied_kg(v->at[0], v->at[1] * 365 * 24, v->at[2], v->at[3], v->at[4]));
    json_key_real(json, "kg_co2e_whole_life", v->at[2] * v->at[3] * v->at[4]);
    formula_notes(json, notes);
    return TAMIS_OK;
}

static const struct formula_input embodied_inputs[] = {
    FORMULA_NEEDED("hours", "t", 0, 1e9, "hours of use, of each"),
    FORMULA_USUAL("lifetime_years", NULL, 5, FORMULA_ABOVE_0, 100, "years the hardware is used"),
    FORMULA_NEEDED("area", NULL, 0, 1e9, "die in cm2, or memory in GB"),
    FORMULA_NEEDED("kg_per_area", "CPA", 0, 1e6, "kg CO2e per cm2, or per GB"),
    FORMULA_USUAL("count", NULL, 1, 0, 1e9, "how many"),
    FORMULA_END,
};

const struct formula formula_embodied = {
    .name = "embodied",
    .equation = "kg = t / lifetime x area x CPA x count",
    .source = LLMCARBON ", section 3.5",
    .inputs = embodied_inputs,
    .work = work_embodied,
};

/* ---- What pruning saves ------------------------------------------------------------------------------------------ */

static tamis_status work_pruning(const struct formula_values *v, struct json *json, tamis_err *err)
{
    static const char *const notes[] = {"saved at the same N; that fewer tokens give the same model is an assumption "
                                        "(tamis law quality)", NULL};
    const double size = v->at[0], full = v->at[1], kept = v->at[2], scorer = v->at[3], passes = v->at[4];
    if (v->at[5] > 0 && v->at[5] < 1) {
        return tamis_fail(err, TAMIS_USAGE, "dynamics=%g: 1 or 0", v->at[5]);
    }
    if (kept > full) {
        return tamis_fail(err, TAMIS_INPUT, "tokens_kept %g is more than tokens_full %g; exchange them", kept, full);
    }
    const double gross = training_flop(size, full - kept);
    const double per_pass = v->at[5] > 0 ? 6 : 2;
    const double scoring = per_pass * scorer * full * passes;
    const double net = gross - scoring - v->at[6];
    json_key_real(json, "gross_flop", gross);
    json_key_real(json, "scoring_flop", scoring);
    json_key_real(json, "probe_flop", v->at[6]);
    json_key_real(json, "net_flop", net);
    json_key_real(json, "net_share", net / training_flop(size, full));
    json_key_real(json, "break_even_scorer_parameters",
                  passes > 0 ? fmax(gross - v->at[6], 0) / (per_pass * full * passes) : (double)NAN);
    formula_notes(json, notes);
    return TAMIS_OK;
}

static const struct formula_input pruning_inputs[] = {
    FORMULA_PARAMETERS,
    FORMULA_NEEDED("tokens_full", "D_full", FORMULA_FEWEST, 1e18, "tokens before pruning"),
    FORMULA_NEEDED("tokens_kept", "D_kept", FORMULA_FEWEST, 1e18, "tokens that are trained on"),
    FORMULA_USUAL("scorer_parameters", "N_p", 0, 0, 1e18, "parameters of the model that scores"),
    FORMULA_USUAL("passes", NULL, 1, 0, 1e4, "passes of the scorer over all tokens"),
    FORMULA_USUAL("dynamics", NULL, 0, 0, 1, "1: the passes are training epochs (6 N D), 0: forward only (2 N D)"),
    FORMULA_USUAL("probe_flop", NULL, 0, 0, 1e40, "operations of the runs that a law was fitted to"),
    FORMULA_END,
};

const struct formula formula_pruning = {
    .name = "pruning",
    .equation = "saved = 6 N (D_full - D_kept) - 2 N_p D_full passes - probes",
    .source = "operations counted as in Kaplan et al. 2020, arXiv 2001.08361; scoring is not free",
    .inputs = pruning_inputs,
    .work = work_pruning,
};
