/* From runs of several shares to a curve over T for each, and to the critical share. */
#include "fit/cmr_law.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fit/chart.h"
#include "fit/cmr_file.h"
#include "fit/fitted.h"
#include "fit/law.h"

#define FEWEST_ROWS 4      /* of one share */
#define ROWS_OF_TWO 8      /* from here on the general loss may rise and fall */
#define FEWEST_RATIOS 3
#define CHART_POINTS 24
#define SAME_RATIO 1e-9
#define SAME 0.01          /* sizes that differ by less, as a share, are the same */

struct fitting {
    struct runs runs;
    double *ratio, *time;            /* of each row */
    double *general, *domain;        /* losses; domain may be NULL */
    double *t, *y;                   /* of one ratio, sorted by T */
    size_t *order;
    struct cmr_law law;
    struct cmr_result result;
    struct buf warnings;
};

static tamis_status no_memory(tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO, "out of memory for the law");
}

/* ---- Rows ------------------------------------------------------------------------------------------------------- */

/* A number that stands in every row that says it; NaN when none does. */
static tamis_status constant(const struct runs *runs, const char *head, double *value, tamis_err *err)
{
    const size_t column = csv_find(&runs->table, head);
    *value = NAN;
    for (size_t i = 0; column != CSV_NONE && i < runs->rows; i++) {
        double here = NAN;
        const tamis_status status = runs_positive(runs, i, column, head, &here, err);
        if (status) {
            return status;
        }
        if (here < *value || here > *value) {
            return csv_fail(&runs->table, csv_at(&runs->table, i, column), err, "%s is %g here and %g in another row; "
                            "all runs go on from one model", head, here, *value);
        }
        *value = isnan(here) ? *value : here;
    }
    return TAMIS_OK;
}

static tamis_status read_base(struct fitting *f, double option, tamis_err *err)
{
    struct cmr_law *const law = &f->law;
    tamis_status status = constant(&f->runs, "base_loss_general", &law->base_general, err);
    status = status ? status : constant(&f->runs, "base_loss_domain", &law->base_domain, err);
    if (!status && isnan(law->base_general)) {
        law->base_general = option;
    } else if (!status && (option < law->base_general || option > law->base_general)) {
        return tamis_fail(err, TAMIS_USAGE, "%s says that the general loss was %g before the training went on, the "
                          "option says %g; give one of them", f->runs.source, law->base_general, option);
    }
    if (!status && isnan(law->base_general)) {
        status = tamis_fail(err, TAMIS_INPUT, "%s: the tolerance is against the general loss before the training went "
                            "on, and that is not said\nGive it with --base-loss, or in a column base_loss_general.",
                            f->runs.source);
    }
    return status;
}

static tamis_status read_times(struct fitting *f, tamis_err *err)
{
    const struct runs *const runs = &f->runs;
    f->law.steps = csv_find(&runs->table, "D") == CSV_NONE;
    f->law.parameters = NAN;
    for (size_t i = 0; i < runs->rows; i++) {
        const struct runs_row *const row = &runs->row[i];
        const double time = f->law.steps ? row->step : row->tokens;
        if (!(time > 0)) {
            return tamis_fail(err, TAMIS_INPUT, "%s:%u: %s is missing or 0; a row of this law is a checkpoint of a "
                              "run, with D (tokens trained) or else step", runs->source, row->line,
                              f->law.steps ? "step" : "D");
        }
        f->law.parameters = isnan(f->law.parameters) ? row->parameters : f->law.parameters;
        if (fabs(row->parameters / f->law.parameters - 1) > SAME) {
            return tamis_fail(err, TAMIS_INPUT, "%s:%u: N is %g here and %g in another row; critical shares change "
                              "with the size\nFit the rows of one N at a time.", runs->source, row->line,
                              row->parameters,
                              f->law.parameters);
        }
        f->time[i] = time / cmr_unit(&f->law);
    }
    return TAMIS_OK;
}

static tamis_status read_rows(struct fitting *f, const struct law_job *job, struct arena *arena, tamis_err *err)
{
    size_t ratio = 0;
    tamis_status status = runs_read(job->runs, job->warm_up, arena, &f->runs, err);
    status = status ? status : csv_want(&f->runs.table, "ratio", &ratio, err);
    status = status ? status : fitted_column(&f->runs, "loss_general", arena, &f->general, err);
    if (!status && csv_find(&f->runs.table, "loss_domain") != CSV_NONE) {
        status = fitted_column(&f->runs, "loss_domain", arena, &f->domain, err);
    }
    if (status) {
        return status;
    }
    f->ratio = arena_alloc(arena, f->runs.rows * sizeof *f->ratio);
    f->time = arena_alloc(arena, f->runs.rows * sizeof *f->time);
    f->t = arena_alloc(arena, f->runs.rows * sizeof *f->t);
    f->y = arena_alloc(arena, f->runs.rows * sizeof *f->y);
    f->order = arena_alloc(arena, f->runs.rows * sizeof *f->order);
    if (!f->ratio || !f->time || !f->t || !f->y || !f->order) {
        return no_memory(err);
    }
    for (size_t i = 0; !status && i < f->runs.rows; i++) {
        status = runs_share(&f->runs, i, ratio, &f->ratio[i], err);
    }
    status = status ? status : read_base(f, job->base_loss, err);
    status = status ? status : read_times(f, err);
    f->law.probe_flop = status ? (double)NAN : runs_flop(&f->runs);
    return status;
}

/* Ascending, each once. */
static tamis_status find_ratios(struct fitting *f, tamis_err *err)
{
    struct cmr_law *const law = &f->law;
    for (size_t i = 0; i < f->runs.rows; i++) {
        size_t at = 0;
        while (at < law->ratio_count && law->ratios[at].ratio < f->ratio[i] - SAME_RATIO) {
            at++;
        }
        if (f->runs.row[i].warm_up || (at < law->ratio_count && law->ratios[at].ratio <= f->ratio[i] + SAME_RATIO)) {
            continue;
        }
        if (law->ratio_count == CMR_RATIOS) {
            return tamis_fail(err, TAMIS_INPUT, "%s: more than %d different ratios", f->runs.source, CMR_RATIOS);
        }
        for (size_t k = law->ratio_count++; k > at; k--) {
            law->ratios[k] = law->ratios[k - 1];
        }
        law->ratios[at] = (struct cmr_ratio){.ratio = f->ratio[i]};
    }
    if (law->ratio_count < FEWEST_RATIOS) {
        return tamis_fail(err, TAMIS_INPUT, "%s: %zu different ratios do not tell how the general loss depends on the "
                          "share; measure %d and more", f->runs.source, law->ratio_count, FEWEST_RATIOS);
    }
    return TAMIS_OK;
}

/* ---- One share -------------------------------------------------------------------------------------------------- */

/* Its rows in `order`, by T; of equal T in the order of runs.h. */
static void order_rows(struct fitting *f, struct cmr_ratio *ratio)
{
    ratio->rows = 0;
    for (size_t i = 0; i < f->runs.rows; i++) {
        if (f->runs.row[i].warm_up || fabs(f->ratio[i] - ratio->ratio) > SAME_RATIO) {
            continue;
        }
        size_t at = ratio->rows++;
        for (; at > 0 && f->time[f->order[at - 1]] > f->time[i]; at--) {
            f->order[at] = f->order[at - 1];
        }
        f->order[at] = i;
    }
    ratio->first = f->time[f->order[0]];
    ratio->last = f->time[f->order[ratio->rows - 1]];
}

static tamis_status fit_side(struct fitting *f, const struct cmr_ratio *ratio, const double *losses, double base,
                             size_t terms, struct cmr_curve *curve, tamis_err *err)
{
    for (size_t i = 0; i < ratio->rows; i++) {
        f->t[i] = f->time[f->order[i]];
        f->y[i] = losses[f->order[i]] - base;
    }
    return cmr_curve_fit(f->t, f->y, ratio->rows, terms, curve, err);
}

/* The highest general loss in the middle above both ends: the rise and fall that other laws do not know. */
static void find_peak(const struct fitting *f, struct cmr_ratio *ratio)
{
    const double end = f->general[f->order[ratio->rows - 1]];
    const double ends = fmax(fmax(f->general[f->order[0]], end), f->law.base_general);
    ratio->peak = 0;
    ratio->peak_t = NAN;
    for (size_t i = 0; i < ratio->rows; i++) {
        const double above = f->general[f->order[i]] - ends;
        if (above > ratio->peak) {
            ratio->peak = above;
            ratio->peak_t = f->time[f->order[i]];
        }
    }
}

static tamis_status fit_ratio(struct fitting *f, struct cmr_ratio *ratio, tamis_err *err)
{
    order_rows(f, ratio);
    if (ratio->rows < FEWEST_ROWS || !(ratio->last > ratio->first)) {
        return tamis_fail(err, TAMIS_INPUT, "%s: ratio %g has %zu checkpoints; a curve over the training needs %d",
                          f->runs.source, ratio->ratio, ratio->rows, FEWEST_ROWS);
    }
    tamis_status status = fit_side(f, ratio, f->general, f->law.base_general, ratio->rows < ROWS_OF_TWO ? 1 : CMR_TERMS,
                                   &ratio->general, err);
    if (!status && f->domain && !isnan(f->law.base_domain)) {
        status = fit_side(f, ratio, f->domain, f->law.base_domain, 1, &ratio->domain, err);
    }
    find_peak(f, ratio);
    f->law.rows += ratio->rows;
    return status;
}

/* ---- The law ---------------------------------------------------------------------------------------------------- */

/* The critical share without each ratio: a run is all that is known of its ratio. */
static tamis_status leave_out(struct fitting *f, tamis_err *err)
{
    struct cmr_result *const r = &f->result;
    tamis_status status = TAMIS_OK;
    r->left_out = f->law.ratio_count > FEWEST_RATIOS;
    for (size_t out = 0; !status && r->left_out && out < f->law.ratio_count; out++) {
        struct cmr_law rest = f->law;
        rest.ratio_count--;
        memmove(&rest.ratios[out], &rest.ratios[out + 1], (rest.ratio_count - out) * sizeof *rest.ratios);
        status = cmr_critical_at(&rest, r->tolerance, r->last, &r->without[out], err);
    }
    return status;
}

static tamis_status find_critical(struct fitting *f, tamis_err *err)
{
    struct cmr_result *const r = &f->result;
    r->tolerance = CMR_TOLERANCE;
    cmr_range(&f->law, &r->first, &r->last);
    if (!(r->last > r->first)) {
        return tamis_fail(err, TAMIS_INPUT, "%s: the runs of the different ratios have no stretch of the training in "
                          "common", f->runs.source);
    }
    tamis_status status = cmr_critical_at(&f->law, r->tolerance, r->last, &r->at_last, err);
    status = status ? status : leave_out(f, err);
    return status ? status : cmr_power_of(&f->law, r->tolerance, &r->power, &r->points, &r->power_error, err);
}

static bool warn(struct fitting *f)
{
    const struct cmr_law *const law = &f->law;
    const struct cmr_result *const r = &f->result;
    bool fine = buf_printf(&f->warnings, "the tolerance drives the answer, and that of the paper, %g nats, is "
                           "arbitrary: give yours to tamis plan --tolerance\n", CMR_TOLERANCE);
    if (law->ratios[0].domain.terms == 0) {
        fine = fine && buf_printf(&f->warnings, "whether the domain's loss falls was not looked at: that needs "
                                  "loss_domain and base_loss_domain\n");
    }
    if (isnan(r->power.a)) {
        fine = fine && buf_printf(&f->warnings, "at %g nats the critical share lies between 0 and 1 at too few times "
                                  "for a law over the training; plan within the runs only\n", r->tolerance);
    }
    if (r->at_last.verdict == CMR_FINE && (r->at_last.ratio < law->ratios[0].ratio ||
                                           r->at_last.ratio > law->ratios[law->ratio_count - 1].ratio)) {
        fine = fine && buf_printf(&f->warnings, "the critical share %.3f lies outside the shares probed, %g to %g\n",
                                  r->at_last.ratio, law->ratios[0].ratio, law->ratios[law->ratio_count - 1].ratio);
    }
    if (r->at_last.misfit > r->tolerance / 4) {
        fine = fine && buf_printf(&f->warnings, "over the shares the general loss is missed by up to %.4f nats\n",
                                  r->at_last.misfit);
    }
    for (size_t i = 0; fine && i < law->ratio_count; i++) {
        if (law->ratios[i].peak > r->tolerance / 4) {
            fine = buf_printf(&f->warnings, "at ratio %g the general loss rises by %.4f nats above both ends in the "
                              "middle of the run\n", law->ratios[i].ratio, law->ratios[i].peak);
        }
    }
    return fine;
}

static bool describe(const struct fitting *f, struct buf *words)
{
    const struct cmr_law *const law = &f->law;
    const struct cmr_result *const r = &f->result;
    bool fine = buf_printf(words, "law cmr: %zu rows of %zu ratios, %g to %g %s; critical share at the end %.4f (%s)\n",
                           law->rows, law->ratio_count, r->first * cmr_unit(law), r->last * cmr_unit(law),
                           law->steps ? "steps" : "tokens", r->at_last.ratio, cmr_verdict_name(r->at_last.verdict));
    if (!isnan(r->power.a)) {
        fine = fine && buf_printf(words, "  R(T) = %.6g T^%.4f + %.6g, T in %g %s   error at most %.4f over %zu "
                                  "points\n",
                                  r->power.a, r->power.s, r->power.b, cmr_unit(law), law->steps ? "steps" : "tokens",
                                  r->power_error, r->points);
    }
    return fine && runs_say_warm_up(&f->runs, words) && fitted_say_warnings(buf_str(&f->warnings), words);
}

/* Critical shares over the training, and the law through them. */
static tamis_status draw(const struct fitting *f, const char *name, struct buf *svg, tamis_err *err)
{
    struct chart_point points[CHART_POINTS], curve[CHART_POINTS];
    const double unit = cmr_unit(&f->law);
    size_t count = 0;
    tamis_status status = TAMIS_OK;
    for (size_t i = 0; !status && i < CHART_POINTS; i++) {
        const double part = (double)i / (CHART_POINTS - 1);
        const double t = f->result.first * tamis_exp(tamis_log(f->result.last / f->result.first) * part);
        struct cmr_critical critical;
        status = cmr_critical_at(&f->law, f->result.tolerance, t, &critical, err);
        curve[i] = (struct chart_point){t * unit, isnan(f->result.power.a) ? critical.ratio
                                                                           : cmr_power_at(&f->result.power,
                                                                                          t * CMR_UNIT)};
        if (!status && critical.verdict == CMR_FINE) {
            points[count++] = (struct chart_point){t * unit, critical.ratio};
        }
    }
    const struct chart_line line = {.name = "critical share of the domain", .at = curve, .count = CHART_POINTS,
                                    .points = points, .point_count = count};
    const struct chart chart = {.title = name ? name : "CMR law", .x_name = f->law.steps ? "steps" : "tokens",
                                .y_name = "share", .x_log = true, .lines = &line, .line_count = 1, .probe_low = NAN,
                                .probe_high = NAN, .chosen = NAN, .chosen_low = NAN, .chosen_high = NAN};
    return status || chart_print(&chart, svg) ? status : no_memory(err);
}

static tamis_status fit_cmr(const struct law_job *job, struct buf *json, struct buf *words, struct buf *svg,
                            tamis_err *err)
{
    struct arena arena;
    struct fitting *const f = calloc(1, sizeof *f); /* too large for a stack */
    if (!f) {
        return no_memory(err);
    }
    arena_init(&arena);
    buf_init(&f->warnings, BUF_UNLIMITED);
    tamis_status status = read_rows(f, job, &arena, err);
    status = status ? status : find_ratios(f, err);
    for (size_t i = 0; !status && i < f->law.ratio_count; i++) {
        status = fit_ratio(f, &f->law.ratios[i], err);
    }
    status = status ? status : find_critical(f, err);
    f->law.name = job->name;
    f->law.source = fitted_source(job->runs);
    if (!status && (!warn(f) || !cmr_law_print(&f->law, &f->result, &f->runs, buf_str(&f->warnings), json) ||
                    !describe(f, words))) {
        status = no_memory(err);
    }
    if (!status && svg) {
        status = draw(f, job->name, svg, err);
    }
    buf_release(&f->warnings);
    arena_release(&arena);
    free(f);
    return status;
}

static const char *const uses[] = {"base_loss", "warm_up", NULL};

const struct law law_cmr = {
    .name = "cmr",
    .uses = uses,
    .fit = fit_cmr,
};
