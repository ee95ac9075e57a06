/* The law as LAW.json. */
#include <math.h>
#include <stdio.h>

#include "fit/dcpt_parts.h"
#include "fit/fitted.h"
#include "fit/law_file.h"

/* ---- Small pieces ----------------------------------------------------------------------------------------------- */

/* The parameters of the form in one line, or null for a side that was not measured. */
static void print_row(struct json *json, const struct dcpt_law *law, const struct dcpt_side *side,
                      const struct dcpt_curve *curve)
{
    enum dcpt_parameter list[DCPT_PARAMETERS];
    const size_t count = dcpt_form_list(law->form, list);
    struct buf line;
    struct json row;
    if (!side->rows) {
        json_null(json);
        return;
    }
    buf_init(&line, BUF_UNLIMITED);
    json_init(&row, &line, 0);
    json_open(&row, '[');
    for (size_t i = 0; i < count; i++) {
        json_real(&row, dcpt_parameter_of(curve, list[i]));
    }
    json_close(&row, ']');
    json_raw(json, buf_str(&line));
    json->failed = json->failed || row.failed;
    buf_release(&line);
}

/* ---- What was fitted -------------------------------------------------------------------------------------------- */

/* All nine; null what the form does not have, 0 for A and B then. */
static void print_curve(struct json *json, const char *key, const struct dcpt_law *law, const struct dcpt_side *side)
{
    enum dcpt_parameter list[DCPT_PARAMETERS];
    const size_t count = dcpt_form_list(law->form, list);
    json_key(json, key);
    if (!side->rows) {
        json_null(json);
        return;
    }
    json_open(json, '{');
    for (enum dcpt_parameter p = DCPT_E; p < DCPT_PARAMETERS; p++) {
        bool has = p == DCPT_A || p == DCPT_B;
        for (size_t i = 0; i < count; i++) {
            has = has || list[i] == p;
        }
        json_key_real(json, dcpt_parameter_names[p], has ? dcpt_parameter_of(&side->curve, p) : (double)NAN);
    }
    json_close(json, '}');
}

static void print_bounds(struct json *json, const struct dcpt_quality *fit)
{
    static const enum dcpt_parameter order[] = {DCPT_ALPHA, DCPT_BETA, DCPT_ETA, DCPT_EPS, DCPT_GAMMA,
                                                DCPT_E,     DCPT_A,    DCPT_B,   DCPT_C};
    json_key(json, "bounds_hit");
    json_open(json, '[');
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        const unsigned bit = 1u << order[i];
        if ((fit->at_low | fit->at_high) & bit) {
            char text[16];
            (void)snprintf(text, sizeof text, "%s %s", dcpt_parameter_names[order[i]],
                           fit->at_low & bit ? "low" : "high");
            json_text(json, text);
        }
    }
    json_close(json, ']');
}

static void print_quality(struct json *json, const char *key, const struct dcpt_law *law, const struct dcpt_side *side)
{
    const struct dcpt_quality *const fit = &side->fit;
    json_key(json, key);
    if (!side->rows) {
        json_null(json);
        return;
    }
    json_open(json, '{');
    json_key_real(json, "objective", fit->objective);
    if (law->form != DCPT_SINGLE_POINT) {
        json_key_real(json, "objective_unbound", fit->unbound);
    }
    json_key_real(json, "r2", fit->r2);
    json_key_real(json, "mape", fit->mape);
    json_key_real(json, "max_error", fit->max_error);
    json_key_count(json, "starts", fit->starts);
    json_key_count(json, "agreeing", fit->agreeing);
    print_bounds(json, fit);
    json_key_real(json, "least_tokens",
                  law->form == DCPT_SINGLE_POINT ? (double)NAN : dcpt_least_tokens(&side->curve));
    json_key_count(json, "rows", side->rows);
    json_key_range(json, "ratio", side->lowest_ratio, side->highest_ratio);
    json_close(json, '}');
}

/* One number for both sides: the sum of the objectives, and the worse of the others. */
static void print_summary(struct json *json, const struct dcpt_law *law)
{
    const struct dcpt_side *const sides[] = {&law->domain, &law->general};
    double objective = 0, r2 = NAN, mape = 0;
    unsigned starts = 0, agreeing = 0;
    for (size_t i = 0; i < 2; i++) {
        const struct dcpt_quality *const fit = &sides[i]->fit;
        if (sides[i]->rows) {
            objective += fit->objective;
            r2 = fmin(r2, fit->r2);
            mape = fmax(mape, fit->mape);
            agreeing = starts == 0 || fit->agreeing < agreeing ? fit->agreeing : agreeing;
            starts = fit->starts;
        }
    }
    json_key_real(json, "objective", objective);
    json_key_real(json, "r2", r2);
    json_key_real(json, "mape", mape);
    json_key_count(json, "starts", starts);
    json_key_count(json, "agreeing", agreeing);
}

static void print_fit(struct json *json, const struct dcpt_law *law)
{
    json_key_text(json, "form", dcpt_form_name(law->form, law->alpha_held));
    json_key(json, "units");
    json_open(json, '{');
    json_key_real(json, "N", DCPT_UNIT);
    json_key_real(json, "D", DCPT_UNIT);
    json_close(json, '}');
    json_key(json, "parameters");
    json_open(json, '{');
    print_curve(json, "domain", law, &law->domain);
    print_curve(json, "general", law, &law->general);
    json_close(json, '}');
    print_summary(json, law);
    json_key(json, "sides");
    json_open(json, '{');
    print_quality(json, "domain", law, &law->domain);
    print_quality(json, "general", law, &law->general);
    json_close(json, '}');
}

/* ---- What it was fitted to -------------------------------------------------------------------------------------- */

static void print_probe(struct json *json, const struct dcpt_law *law)
{
    json_key(json, "probe");
    json_open(json, '{');
    json_key_range(json, "N", law->lowest_size, law->highest_size);
    json_key_range(json, "D", law->lowest_tokens, law->highest_tokens);
    json_key_range(json, "ratio", law->ratios[0], law->ratios[law->ratio_count - 1]);
    json_key(json, "ratios");
    json_open(json, '[');
    for (size_t i = 0; i < law->ratio_count; i++) {
        json_real(json, law->ratios[i]);
    }
    json_close(json, ']');
    json_close(json, '}');
}

static void print_peak(struct json *json, const struct dcpt_law *law)
{
    json_key(json, "peak_general");
    if (isnan(law->peak_general)) {
        json_null(json);
        return;
    }
    json_open(json, '{');
    json_key_real(json, "nats", law->peak_general);
    json_key_text(json, "run", law->peak_run);
    json_close(json, '}');
}

static void print_runs(struct json *json, const struct dcpt_law *law)
{
    print_probe(json, law);
    json_key_text(json, "base_model", law->base_model);
    json_key_real(json, "base_loss_general", law->base_loss);
    json_key_real(json, "probe_flop", law->probe_flop);
    print_peak(json, law);
    json_key_count(json, "rows", law->rows);
    json_key_count(json, "runs", law->run_count);
    if (law->runs) {
        runs_print_warm_up(law->runs->table, json);
    }
    json_key_text(json, "source", law->source);
}

/* ---- Refits ----------------------------------------------------------------------------------------------------- */

static void print_left_out(struct json *json, const struct dcpt_law *law)
{
    json_key(json, "leave_one_out");
    json_open(json, '[');
    for (size_t i = 0; i < law->left_out_count; i++) {
        const struct dcpt_left_out *const left = &law->left_out[i];
        json_open(json, '{');
        json_key_text(json, "run", left->run);
        json_key_real(json, "N", left->parameters);
        json_key_real(json, "ratio", left->ratio);
        json_key(json, "domain");
        print_row(json, law, &law->domain, &left->pair.domain);
        json_key(json, "general");
        print_row(json, law, &law->general, &left->pair.general);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void print_replicates_of(struct json *json, const char *key, const struct dcpt_law *law, bool general)
{
    const struct dcpt_side *const side = general ? &law->general : &law->domain;
    json_key(json, key);
    if (!side->rows) {
        json_null(json);
        return;
    }
    json_open(json, '[');
    for (size_t i = 0; i < law->replicate_count; i++) {
        print_row(json, law, side, general ? &law->replicates[i].general : &law->replicates[i].domain);
    }
    json_close(json, ']');
}

static void print_replicates(struct json *json, const struct dcpt_law *law)
{
    enum dcpt_parameter list[DCPT_PARAMETERS];
    const size_t count = dcpt_form_list(law->form, list);
    json_key(json, "replicates");
    if (law->replicate_count == 0) {
        json_null(json);
        return;
    }
    json_open(json, '{');
    json_key_text(json, "by", law->bootstrap == DCPT_BY_RUN ? "run" : "residual");
    json_key_count(json, "count", law->replicate_count);
    json_key(json, "columns");
    json_open(json, '[');
    for (size_t i = 0; i < count; i++) {
        json_text(json, dcpt_parameter_names[list[i]]);
    }
    json_close(json, ']');
    print_replicates_of(json, "domain", law, false);
    print_replicates_of(json, "general", law, true);
    json_close(json, '}');
}

bool dcpt_print(const struct dcpt_law *law, struct buf *out)
{
    struct json json;
    struct buf warnings;
    buf_init(&warnings, BUF_UNLIMITED);
    const bool warned = dcpt_warnings(law, &warnings);
    json_init(&json, out, 2);
    law_file_begin(&json, "dcpt", law->name);
    print_fit(&json, law);
    print_runs(&json, law);
    fitted_print_warnings(&json, buf_str(&warnings));
    print_left_out(&json, law);
    print_replicates(&json, law);
    json_close(&json, '}');
    buf_release(&warnings);
    return warned && !json.failed && buf_add_char(out, '\n');
}
