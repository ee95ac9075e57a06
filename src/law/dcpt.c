/* From runs to a law, and what to know before using one. */
#include "law/dcpt.h"

#include <math.h>
#include <stdlib.h>

#include "core/str.h"
#include "law/r_effect.h"

#define PARAMETERS 4 /* of each curve */
#define UNLIKELY 1e4 /* fewer parameters or tokens than this are meant in another unit */

/* ---- One size, one number of tokens ----------------------------------------------------------------------------- */

static double size_of(const struct dcpt_run *run, bool tokens)
{
    return tokens ? run->tokens : run->parameters;
}

/* The one N or D of all rows, NaN where none says it. */
static tamis_status find_common(const struct dcpt_runs *runs, bool tokens, double *common, tamis_err *err)
{
    const struct dcpt_run *low = runs->at, *high = runs->at;
    const char *const what = tokens ? "D" : "N";
    for (size_t i = 0; i < runs->count; i++) {
        const struct dcpt_run *const run = &runs->at[i];
        if (isnan(size_of(run, tokens)) != isnan(size_of(low, tokens))) {
            return tamis_fail(err, TAMIS_INPUT, "%s:%u: some rows have %s and others do not; fill it in or leave the "
                              "column out", runs->source, run->line, what);
        }
        low = size_of(run, tokens) < size_of(low, tokens) ? run : low;
        high = size_of(run, tokens) > size_of(high, tokens) ? run : high;
    }
    *common = size_of(high, tokens);
    if (*common - size_of(low, tokens) > DCPT_SAME * *common) {
        return tamis_fail(err, TAMIS_INPUT,
                          "%s: %s differs between the rows (%g in line %u, %g in line %u)\nThis version fits the law "
                          "at one model size and one number of tokens; the form with nine parameters is not there "
                          "yet.\nKeep the rows of one %s%s.", runs->source, what, size_of(low, tokens), low->line,
                          *common, high->line, what, tokens ? ", such as the last checkpoint of every run" : "");
    }
    return TAMIS_OK;
}

/* ---- Ratios ----------------------------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static int by_share_and_loss(const void *a, const void *b)
{
    const struct r_effect_point *const x = a, *const y = b;
    const int order = by_value(&x->share, &y->share);
    return order ? order : by_value(&x->loss, &y->loss);
}

static tamis_status collect_ratios(const struct dcpt_runs *runs, struct arena *arena, struct dcpt_law *law,
                                   tamis_err *err)
{
    double *const ratios = arena_alloc(arena, runs->count * sizeof *ratios);
    if (!ratios) {
        return tamis_fail(err, TAMIS_IO, "%s: out of memory for the ratios", runs->source);
    }
    for (size_t i = 0; i < runs->count; i++) {
        ratios[i] = runs->at[i].ratio;
    }
    qsort(ratios, runs->count, sizeof *ratios, by_value);
    for (size_t i = 0; i < runs->count; i++) {
        if (i == 0 || ratios[i] > ratios[law->ratio_count - 1]) {
            ratios[law->ratio_count++] = ratios[i];
        }
    }
    law->ratios = ratios;
    return TAMIS_OK;
}

/* ---- The two sides ---------------------------------------------------------------------------------------------- */

static size_t collect_points(const struct dcpt_runs *runs, bool general, struct r_effect_point *points,
                             struct dcpt_side *side)
{
    size_t count = 0;
    for (size_t i = 0; i < runs->count; i++) {
        const struct dcpt_run *const run = &runs->at[i];
        const double loss = general ? run->loss_general : run->loss_domain;
        if (!isnan(loss)) {
            points[count++] = (struct r_effect_point){general ? 1 - run->ratio : run->ratio, loss};
            side->lowest_ratio = count == 1 ? run->ratio : fmin(side->lowest_ratio, run->ratio);
            side->highest_ratio = fmax(side->highest_ratio, run->ratio);
        }
    }
    qsort(points, count, sizeof *points, by_share_and_loss);
    side->rows = count;
    return count;
}

static size_t count_shares(const struct r_effect_point *points, size_t count)
{
    size_t shares = 0;
    for (size_t i = 0; i < count; i++) {
        shares += i == 0 || points[i].share > points[i - 1].share;
    }
    return shares;
}

static unsigned bit(bool set, enum dcpt_parameter parameter)
{
    return set ? 1u << parameter : 0;
}

static void keep(const struct r_effect_fit *fit, struct dcpt_side *side)
{
    side->curve = (struct dcpt_curve){.e = fit->law.e, .c = fit->law.c, .alpha = 1, .beta = 1, .eta = 1,
                                      .eps = fit->law.eps, .gamma = fit->law.gamma};
    side->fit = (struct dcpt_quality){
        .objective = fit->objective, .r2 = fit->r2, .mape = fit->mape, .max_error = fit->max_error,
        .starts = fit->starts, .agreeing = fit->agreeing,
        .at_low = bit(fit->eps_at_low, DCPT_EPS) | bit(fit->gamma_at_low, DCPT_GAMMA) | bit(fit->e_at_zero, DCPT_E) |
                  bit(fit->c_at_zero, DCPT_C),
        .at_high = bit(fit->eps_at_high, DCPT_EPS) | bit(fit->gamma_at_high, DCPT_GAMMA)};
}

static tamis_status fit_side(const struct dcpt_runs *runs, bool general, struct dcpt_side *side, tamis_err *err)
{
    const char *const column = general ? "loss_general" : "loss_domain";
    struct r_effect_point *const points = malloc(runs->count * sizeof *points);
    if (!points) {
        return tamis_fail(err, TAMIS_IO, "%s: out of memory for the runs", runs->source);
    }
    const size_t count = collect_points(runs, general, points, side);
    const size_t shares = count_shares(points, count);
    tamis_status status = TAMIS_OK;
    if (count > 0 && shares < 3) {
        status = tamis_fail(err, TAMIS_INPUT,
                            "%s: %s is measured at %zu different ratio%s and needs 3, better 5: 0, 0.33, 0.67, 0.9 "
                            "and 1; the run without replay (1) must not be missing", runs->source, column, shares,
                            shares == 1 ? "" : "s");
    } else if (count > 0) {
        struct r_effect_fit fit;
        status = r_effect_fit(points, count, &r_effect_usual_bounds, &fit, err);
        if (!status) {
            keep(&fit, side);
        }
    }
    free(points);
    return status;
}

tamis_status dcpt_fit(const struct dcpt_runs *runs, const char *name, struct arena *arena, struct dcpt_law *law,
                      tamis_err *err)
{
    *law = (struct dcpt_law){
        .name = name, .source = runs->source, .rows = runs->count, .base_loss = runs->base_loss};
    if (runs->count == 0) {
        return tamis_fail(err, TAMIS_INPUT, "there are no runs to fit");
    }
    tamis_status status = find_common(runs, false, &law->parameters, err);
    status = status ? status : find_common(runs, true, &law->tokens, err);
    status = status ? status : collect_ratios(runs, arena, law, err);
    status = status ? status : fit_side(runs, false, &law->domain, err);
    return status ? status : fit_side(runs, true, &law->general, err);
}

/* ---- Warnings --------------------------------------------------------------------------------------------------- */

static bool warn_missing(const struct dcpt_law *law, struct buf *lines)
{
    bool fine = true;
    if (!law->general.rows) {
        fine = buf_printf(lines, "the general loss was not measured: no budget on it can be answered\n");
    }
    if (!law->domain.rows) {
        fine = fine && buf_printf(lines, "the loss of the domain was not measured: what a ratio gains is not known, "
                                  "and no weighted budget can be answered\n");
    }
    if (isnan(law->parameters) || isnan(law->tokens)) {
        fine = fine && buf_printf(lines, "the runs do not say %s: whether a budget fits them cannot be checked\n",
                                  !isnan(law->tokens)       ? "N"
                                  : !isnan(law->parameters) ? "D"
                                                            : "N and D");
    }
    return fine;
}

static bool warn_units(const struct dcpt_law *law, struct buf *lines)
{
    const bool small = law->parameters < UNLIKELY || law->tokens < UNLIKELY;
    return !small || buf_printf(lines, "N is %g and D is %g: both are counted in ones, not in millions or billions "
                                "(1.8e9)\n", law->parameters, law->tokens);
}

static bool warn_ends(const struct dcpt_law *law, struct buf *lines)
{
    bool fine = true;
    if (law->general.rows && law->general.highest_ratio < 1) {
        fine = buf_printf(lines, "the run without replay (ratio 1) was not probed: the general loss near ratio 1 is "
                          "extrapolated and will be far too low; no plan goes beyond ratio %g\n",
                          law->general.highest_ratio);
    }
    if (law->general.rows && law->general.lowest_ratio > 0) {
        fine = fine && buf_printf(lines, "the run on general data alone (ratio 0) was not probed: a budget against "
                                  "replay_only starts from a loss extrapolated from ratio %g\n",
                                  law->general.lowest_ratio);
    }
    return fine;
}

static bool warn_side(const struct dcpt_side *side, const char *name, size_t ratios, struct buf *lines)
{
    const struct dcpt_quality *const fit = &side->fit;
    const unsigned bounds = fit->at_low | fit->at_high;
    const bool eps = bounds & 1u << DCPT_EPS, gamma = bounds & 1u << DCPT_GAMMA;
    bool fine = true;
    if (!side->rows) {
        return true;
    }
    if (ratios <= PARAMETERS) {
        fine = buf_printf(lines, "%s: %zu ratios for a curve of %d parameters: how well it fits says nothing\n", name,
                          ratios, PARAMETERS);
    }
    if (fit->at_low & 1u << DCPT_C) {
        return fine && buf_printf(lines, "%s: the loss does not fall as the share grows, the fit is a constant; are "
                                  "the columns of the losses exchanged?\n", name);
    }
    if (eps || gamma) {
        fine = fine && buf_printf(lines, "%s: %s%s%s at a bound of the search: read the curve between the ratios "
                                  "probed, not its parameters\n", name, eps ? "eps" : "", eps && gamma ? " and " : "",
                                  gamma ? "gamma" : "");
    }
    if (2 * fit->agreeing < fit->starts) {
        fine = fine && buf_printf(lines, "%s: only %u of %u starts came near the best fit; more ratios would pin it "
                                  "down\n", name, fit->agreeing, fit->starts);
    }
    return fine;
}

bool dcpt_warnings(const struct dcpt_law *law, struct buf *lines)
{
    return warn_missing(law, lines) && warn_units(law, lines) && warn_ends(law, lines) &&
           warn_side(&law->domain, "domain", law->ratio_count, lines) &&
           warn_side(&law->general, "general", law->ratio_count, lines);
}
