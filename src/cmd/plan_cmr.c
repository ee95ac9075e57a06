/* The critical share of a domain for a number of tokens and a tolerance, by the CMR law. */
#include <math.h>

#include "cmd/plan.h"
#include "core/file.h"
#include "fit/cmr_law.h"
#include "plan/budget.h"

#define FAR 2.0 /* times the longest run, from where on a plan warns of the extrapolation */

struct cmr_plan {
    const struct plan_options *options;
    struct cmr_law law;
    struct cmr_power power;
    struct cmr_critical critical; /* of the curves, where the runs cover the tokens */
    size_t points;
    double power_error, tolerance, t, first, last;
    double wanted;                /* before it is clamped */
    double ratio;
    enum binding binding;
    double general, domain;       /* what the losses rise by at the ratio; NaN: not known */
    struct transfer transfer;
    bool within;                  /* the runs cover the tokens */
    struct buf warnings;
};

static tamis_status no_memory(tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO, "out of memory for the plan");
}

static tamis_status load(const char *path, struct arena *arena, struct cmr_law *law, tamis_err *err)
{
    struct buf text;
    buf_init(&text, TREE_MAX_BYTES);
    tamis_status status = file_read(path, TREE_MAX_BYTES, &text, err);
    status = status ? status : cmr_law_parse(path, buf_str(&text), arena, law, err);
    buf_release(&text);
    return status;
}

static tamis_status read_question(const struct cli *cli, struct cmr_plan *p, tamis_err *err)
{
    const tamis_status status = plan_refuse(cli, PLAN_CMR, err);
    if (status) {
        return status;
    }
    p->tolerance = isnan(p->options->tolerance) ? CMR_TOLERANCE : p->options->tolerance;
    if (!p->options->tokens) {
        return tamis_fail(err, TAMIS_USAGE, "tamis plan: with the law cmr give --tokens, how long the training goes "
                          "on%s", p->law.steps ? " (this law was fitted to steps: give steps)" : "");
    }
    if (!(p->tolerance >= 0)) {
        return tamis_fail(err, TAMIS_USAGE, "--tolerance: %g nats; it must be 0 or more", p->tolerance);
    }
    p->t = (double)p->options->tokens / cmr_unit(&p->law);
    return TAMIS_OK;
}

/* ---- The share -------------------------------------------------------------------------------------------------- */

static tamis_status infeasible(const struct cmr_plan *p, tamis_err *err)
{
    if (p->within && p->critical.verdict == CMR_NO_GAIN) {
        return tamis_fail(err, TAMIS_INPUT, "no feasible share: at the share that keeps the general loss within %g "
                          "nats, %.4f, the domain's loss has risen by %.4f\nRaise --tolerance, or train longer.",
                          p->tolerance, p->critical.ratio, p->critical.domain);
    }
    if (p->within) {
        return tamis_fail(err, TAMIS_INPUT, "no feasible share: even without the domain the general loss rises by %.4f "
                          "nats and %g are allowed\nGive --tolerance %.4f or more, or train longer.",
                          p->critical.general, p->tolerance, p->critical.general);
    }
    return tamis_fail(err, TAMIS_INPUT, "no feasible share: the law gives %.4f at %g %s, below 0\nTrain longer, or "
                      "raise --tolerance.", p->wanted, (double)p->options->tokens, p->law.steps ? "steps" : "tokens");
}

/* Never a general share below the smallest that was probed, unless the run without replay was. */
static void keep_to_probe(struct cmr_plan *p)
{
    const struct cmr_ratio *const last = &p->law.ratios[p->law.ratio_count - 1];
    const bool every = p->wanted > 1 || p->critical.verdict == CMR_ALL;
    p->ratio = fmin(p->wanted, 1);
    p->binding = every ? BINDING_NONE : BINDING_BUDGET;
    p->general = p->critical.general;
    p->domain = p->critical.domain;
    if (p->ratio > last->ratio) {
        p->ratio = last->ratio;
        p->binding = BINDING_PROBE_RANGE;
        p->general = p->within ? cmr_curve_at(&last->general, p->t) : (double)NAN;
        p->domain = p->within && last->domain.terms > 0 ? cmr_curve_at(&last->domain, p->t) : (double)NAN;
    }
}

/* One size was measured. The two short runs of the model itself: at the ratio and at the other end of the band. */
static void find_transfer(struct cmr_plan *p)
{
    const struct plan_options *const o = p->options;
    struct transfer *const t = &p->transfer;
    *t = transfer_band(p->ratio, p->ratio, p->binding == BINDING_BUDGET,
                       o->parameters ? (double)o->parameters : (double)NAN, p->law.parameters, o->transfer_low,
                       o->transfer_high);
    const double lowest = p->law.ratios[0].ratio < p->ratio ? p->law.ratios[0].ratio : 0;
    const double other = t->high > p->ratio ? t->high : t->low < p->ratio ? t->low : lowest;
    t->shares[0] = fmin(p->ratio, other);
    t->shares[1] = fmax(p->ratio, other);
}

static tamis_status find_share(struct cmr_plan *p, tamis_err *err)
{
    cmr_range(&p->law, &p->first, &p->last);
    p->within = p->t >= p->first && p->t <= p->last;
    p->critical = (struct cmr_critical){.general = NAN, .domain = NAN};
    tamis_status status = cmr_power_of(&p->law, p->tolerance, &p->power, &p->points, &p->power_error, err);
    if (!status && p->within) {
        status = cmr_critical_at(&p->law, p->tolerance, p->t, &p->critical, err);
        p->wanted = p->critical.ratio;
    } else if (!status) {
        p->wanted = cmr_power_at(&p->power, (double)p->options->tokens * CMR_UNIT / cmr_unit(&p->law));
    }
    if (status) {
        return status;
    }
    if (isnan(p->wanted)) {
        return tamis_fail(err, TAMIS_INPUT, "at %g nats only %zu critical shares lie between 0 and 1 in the runs, too "
                          "few to go beyond them\nGive --tokens from %g to %g, or another --tolerance.", p->tolerance,
                          p->points, p->first * cmr_unit(&p->law), p->last * cmr_unit(&p->law));
    }
    if (p->wanted < 0 || (p->within && (p->critical.verdict == CMR_NONE || p->critical.verdict == CMR_NO_GAIN))) {
        return infeasible(p, err);
    }
    keep_to_probe(p);
    find_transfer(p);
    return TAMIS_OK;
}

static bool warn(struct cmr_plan *p)
{
    const struct cmr_law *const law = &p->law;
    const double low = law->ratios[0].ratio, high = law->ratios[law->ratio_count - 1].ratio;
    bool fine = true;
    if (!p->within) {
        fine = buf_printf(&p->warnings, "the runs cover %g to %g; beyond, the share follows R(T) = a T^s + b%s\n",
                          p->first * cmr_unit(law), p->last * cmr_unit(law), p->t > FAR * p->last ? ", far beyond"
                                                                                                : "");
    }
    if (p->ratio < low) {
        fine = fine && buf_printf(&p->warnings, "the share lies outside those probed, %g to %g\n", low, high);
    }
    if (p->binding == BINDING_PROBE_RANGE) {
        fine = fine && buf_printf(&p->warnings, "the law allows a share of %.6g, but no run had more than %g and the "
                                  "run without replay was not probed: beyond it the general loss may be far "
                                  "higher\n", fmin(p->wanted, 1), high);
    }
    if (p->wanted > 1 || p->critical.verdict == CMR_ALL) {
        fine = fine && buf_printf(&p->warnings, "the tolerance allows every share\n");
    }
    if (law->ratios[0].domain.terms == 0) {
        fine = fine && buf_printf(&p->warnings, "whether the domain's loss falls is not known to this law\n");
    }
    for (size_t i = 0; fine && i < law->ratio_count; i++) {
        if (law->ratios[i].peak > 0 && law->ratios[i].peak > p->tolerance / 4) {
            fine = buf_printf(&p->warnings, "at ratio %g the general loss rose by %.4f nats above both ends of the "
                              "run, at %g\n", law->ratios[i].ratio, law->ratios[i].peak,
                              law->ratios[i].peak_t * cmr_unit(law));
        }
    }
    return fine;
}

/* ---- Printing --------------------------------------------------------------------------------------------------- */

static void print_power(struct json *json, const struct cmr_plan *p)
{
    json_key(json, "power");
    if (isnan(p->power.a)) {
        json_null(json);
        return;
    }
    json_open(json, '{');
    json_key_real(json, "a", p->power.a);
    json_key_real(json, "s", p->power.s);
    json_key_real(json, "b", p->power.b);
    json_key_real(json, "ratio", cmr_power_at(&p->power, p->t * CMR_UNIT));
    json_key_real(json, "max_error", p->power_error);
    json_close(json, '}');
}

static double parameters_of(const struct cmr_plan *p)
{
    return p->options->parameters ? (double)p->options->parameters : p->law.parameters;
}

static double tokens_of(const struct cmr_plan *p)
{
    return p->law.steps ? (double)NAN : (double)p->options->tokens;
}

static tamis_status print(const struct cmr_plan *p, struct json *json, tamis_err *err)
{
    const double parameters = parameters_of(p), tokens = tokens_of(p);
    json_open(json, '{');
    json_key_count(json, "version", 1);
    json_key_text(json, "law", "cmr");
    json_key_text(json, "name", p->law.name);
    json_key_real(json, "ratio", p->ratio);
    json_key_real(json, "wanted_ratio", p->wanted);
    json_key_text(json, "binding", binding_name(p->binding));
    json_key_real(json, "tolerance", p->tolerance);
    json_key_bool(json, "extrapolated", !p->within);
    json_key_real(json, "general_loss_rises", p->general);
    json_key_real(json, "domain_loss_rises", p->domain);
    print_power(json, p);
    ratio_transfer_print(json, &p->transfer);
    json_key_real(json, "parameters", parameters);
    json_key_count(json, p->law.steps ? "steps" : "tokens", p->options->tokens);
    const tamis_status status = plan_price_print(p->options, parameters, tokens, p->law.probe_flop, json, err);
    json_key_bool(json, "outside_probe", !p->within || p->ratio < p->law.ratios[0].ratio);
    plan_print_lines(json, "warnings", p->warnings.len ? p->warnings.at : "");
    json_close(json, '}');
    return status;
}

static tamis_status say(const struct cli *cli, const struct cmr_plan *p, tamis_err *err)
{
    struct buf lines;
    buf_init(&lines, BUF_UNLIMITED);
    cli_note(cli, 0, "critical ratio %.4f of the tokens from the domain (set by: %s), for a rise of the general loss "
             "by %g nats", p->ratio, binding_name(p->binding), p->tolerance);
    tamis_status status = plan_price_say(cli, parameters_of(p), tokens_of(p), p->law.probe_flop, err);
    if (!status && !ratio_transfer_say(&p->transfer, &lines)) {
        status = no_memory(err);
    }
    if (!status) {
        plan_say_lines(cli, "", lines.len ? lines.at : "");
        plan_say_lines(cli, "warning: ", p->warnings.len ? p->warnings.at : "");
    }
    buf_release(&lines);
    return status;
}

tamis_status plan_cmr(struct cli *cli, struct plan_output *out, tamis_err *err)
{
    struct json *const json = &out->json;
    struct cmr_plan *const p = arena_alloc(&cli->arena, sizeof *p);
    if (!p) {
        return no_memory(err);
    }
    *p = (struct cmr_plan){.options = cli->options};
    buf_init(&p->warnings, BUF_UNLIMITED);
    tamis_status status = load(cli->arguments[0], &cli->arena, &p->law, err);
    status = status ? status : read_question(cli, p, err);
    status = status ? status : find_share(p, err);
    if (!status && !warn(p)) {
        status = no_memory(err);
    }
    status = status ? status : print(p, json, err);
    status = status ? status : say(cli, p, err);
    buf_release(&p->warnings);
    return status;
}
