/* From runs to a law: which form they allow, the rows of each side, the fits. */
#include "fit/dcpt.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fit/dcpt_parts.h"
#include "fit/numbers.h"
#include "fit/runs.h"

#define FEWEST_RATIOS 3
#define FREE_STARTS 4  /* of a fit that need not fall with the share */
#define HELD_BACK 0.97  /* times the objective: what the demand costs when it is worth telling */

static bool used(const struct dcpt_runs *runs, size_t row)
{
    return !runs->table->row[row].warm_up;
}

/* ---- Sizes, tokens, ratios -------------------------------------------------------------------------------------- */

static double size_of(const struct dcpt_run *run, bool tokens)
{
    return tokens ? run->tokens : run->parameters;
}

/* The lowest and highest N or D of the rows used; NaN where none says it. */
struct span {
    const struct dcpt_run *low, *high;
    bool many; /* they differ */
};

static tamis_status find_span(const struct dcpt_runs *runs, bool tokens, struct span *span, tamis_err *err)
{
    *span = (struct span){0};
    for (size_t i = 0; i < runs->count; i++) {
        const struct dcpt_run *const run = &runs->at[i];
        if (!used(runs, i)) {
            continue;
        }
        span->low = span->low ? span->low : run;
        span->high = span->high ? span->high : run;
        if (isnan(size_of(run, tokens)) != isnan(size_of(span->low, tokens))) {
            return tamis_fail(err, TAMIS_INPUT, "%s:%u: some rows have %s and others do not; fill it in or leave the "
                              "column out", runs->source,
                              isnan(size_of(run, tokens)) ? run->line : span->low->line, tokens ? "D" : "N");
        }
        span->low = size_of(run, tokens) < size_of(span->low, tokens) ? run : span->low;
        span->high = size_of(run, tokens) > size_of(span->high, tokens) ? run : span->high;
    }
    if (!span->low || !span->high) {
        return tamis_fail(err, TAMIS_INPUT, "there are no runs to fit");
    }
    span->many = dcpt_differ(size_of(span->low, tokens), size_of(span->high, tokens));
    return TAMIS_OK;
}

/* Several sizes cannot be told from several numbers of tokens with only one of the latter. */
static tamis_status choose_form(const struct dcpt_runs *runs, struct dcpt_law *law, tamis_err *err)
{
    struct span sizes, tokens;
    tamis_status status = find_span(runs, false, &sizes, err);
    status = status ? status : find_span(runs, true, &tokens, err);
    if (status) {
        return status;
    }
    if (sizes.many && !tokens.many) {
        return tamis_fail(err, TAMIS_INPUT,
                          "%s: N differs between the rows (%g in line %u, %g in line %u) and D does not; a law over "
                          "sizes needs 2 different D at least, such as several checkpoints of every run\nAdd them, or "
                          "keep the rows of one N.", runs->source, sizes.low->parameters, sizes.low->line,
                          sizes.high->parameters, sizes.high->line);
    }
    law->form = sizes.many ? DCPT_FULL : tokens.many ? DCPT_SINGLE_SIZE : DCPT_SINGLE_POINT;
    law->lowest_size = sizes.low->parameters;
    law->highest_size = law->parameters = sizes.high->parameters;
    law->lowest_tokens = tokens.low->tokens;
    law->highest_tokens = law->tokens = tokens.high->tokens;
    return TAMIS_OK;
}

/* The different values among `count`, which are sorted; `far` apart at least. Returns how many. */
static size_t distinct(double *values, size_t count, bool far)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || (far ? dcpt_differ(values[kept - 1], values[i]) : values[i] > values[kept - 1])) {
            values[kept++] = values[i];
        }
    }
    return kept;
}

static tamis_status collect_values(const struct dcpt_runs *runs, struct arena *arena, struct dcpt_law *law,
                                   tamis_err *err)
{
    double *const ratios = arena_alloc(arena, runs->count * sizeof *ratios);
    double *const sizes = malloc(runs->count * sizeof *sizes);
    if (!ratios || !sizes) {
        free(sizes);
        return runs_no_memory(runs->source, err);
    }
    for (size_t i = 0; i < runs->count; i++) {
        if (used(runs, i)) {
            ratios[law->rows] = runs->at[i].ratio;
            sizes[law->rows++] = isnan(law->parameters) ? 0 : runs->at[i].parameters;
        }
    }
    qsort(ratios, law->rows, sizeof *ratios, ascending);
    qsort(sizes, law->rows, sizeof *sizes, ascending);
    law->ratios = ratios;
    law->ratio_count = distinct(ratios, law->rows, false);
    law->sizes = distinct(sizes, law->rows, true);
    law->alpha_held = law->form == DCPT_FULL && law->sizes == 2;
    free(sizes);
    return TAMIS_OK;
}

/* ---- Rows in order ---------------------------------------------------------------------------------------------- */

struct place {
    const struct dcpt_run *row;
    const char *name; /* of its run */
    size_t run;       /* of the table */
};

static int by_place(const void *a, const void *b)
{
    const struct place *const x = a, *const y = b;
    int order = by_number(x->row->parameters, y->row->parameters);
    order = order ? order : by_number(x->row->ratio, y->row->ratio);
    order = order ? order : by_number(x->row->tokens, y->row->tokens);
    order = order ? order : by_number(x->row->loss_domain, y->row->loss_domain);
    order = order ? order : by_number(x->row->loss_general, y->row->loss_general);
    return order ? order : strcmp(x->name, y->name);
}

/* The rows used, in order, and their runs numbered anew. */
static tamis_status collect_places(const struct dcpt_runs *runs, struct arena *arena, struct place *places,
                                   struct dcpt_data *data, tamis_err *err)
{
    size_t *const number = malloc(runs->table->count * sizeof *number);
    size_t count = 0;
    data->runs = arena_alloc(arena, runs->table->count * sizeof *data->runs);
    if (!number || !data->runs) {
        free(number);
        return runs_no_memory(runs->source, err);
    }
    for (size_t i = 0; i < runs->count; i++) {
        const size_t run = runs->table->row[i].run;
        if (used(runs, i)) {
            places[count++] = (struct place){&runs->at[i], runs->table->names[run], run};
        }
    }
    qsort(places, count, sizeof *places, by_place);
    memset(number, 0xff, runs->table->count * sizeof *number); /* SIZE_MAX: not met yet */
    for (size_t i = 0; i < count; i++) {
        size_t *const own = &number[places[i].run];
        if (*own == SIZE_MAX) {
            *own = data->run_count++;
            data->runs[*own] =
                (struct dcpt_source){places[i].name, places[i].row->parameters, places[i].row->ratio};
        }
        places[i].run = *own;
    }
    free(number);
    return TAMIS_OK;
}

static void set_inputs(const struct dcpt_run *run, bool general, enum dcpt_form form, double *inputs)
{
    const double share = general ? 1 - run->ratio : run->ratio;
    inputs[0] = form == DCPT_FULL ? tamis_log(run->parameters / DCPT_UNIT) : 0;
    inputs[1] = form == DCPT_SINGLE_POINT ? 0 : tamis_log(run->tokens / DCPT_UNIT);
    inputs[2] = share;
    inputs[3] = share > 0 ? tamis_log(share) : 0;
}

/* Every run weighs the same, and all together as many as there are rows. */
static tamis_status weigh(const struct dcpt_data *data, const struct dcpt_runs *runs, struct dcpt_rows *rows,
                          tamis_err *err)
{
    struct {
        size_t rows, number;
    } *const own = calloc(data->run_count + 1, sizeof *own);
    if (!own) {
        return runs_no_memory(runs->source, err);
    }
    for (size_t i = 0; i < rows->count; i++) {
        const size_t run = rows->run[i];
        own[run].number = own[run].rows == 0 ? rows->own_runs++ : own[run].number;
        own[run].rows++;
        rows->own_run[i] = own[run].number;
    }
    for (size_t i = 0; i < rows->count; i++) {
        rows->weight[i] = (double)rows->count / ((double)rows->own_runs * (double)own[rows->run[i]].rows);
    }
    free(own);
    return TAMIS_OK;
}

static tamis_status collect_side(const struct dcpt_data *data, const struct dcpt_runs *runs,
                                 const struct place *places, size_t count, bool general, struct arena *arena,
                                 struct dcpt_rows *rows, tamis_err *err)
{
    rows->inputs = arena_alloc(arena, count * DCPT_INPUTS * sizeof *rows->inputs);
    rows->loss = arena_alloc(arena, count * sizeof *rows->loss);
    rows->weight = arena_alloc(arena, count * sizeof *rows->weight);
    rows->run = arena_alloc(arena, count * sizeof *rows->run);
    rows->own_run = arena_alloc(arena, count * sizeof *rows->own_run);
    if (!rows->inputs || !rows->loss || !rows->weight || !rows->run || !rows->own_run) {
        return runs_no_memory(runs->source, err);
    }
    for (size_t i = 0; i < count; i++) {
        const double loss = general ? places[i].row->loss_general : places[i].row->loss_domain;
        if (!isnan(loss)) {
            set_inputs(places[i].row, general, data->form, rows->inputs + rows->count * DCPT_INPUTS);
            rows->loss[rows->count] = loss;
            rows->run[rows->count++] = places[i].run;
        }
    }
    return weigh(data, runs, rows, err);
}

static tamis_status collect(const struct dcpt_runs *runs, struct arena *arena, struct dcpt_law *law,
                            bool may_rise, struct dcpt_data *data, tamis_err *err)
{
    *data = (struct dcpt_data){.form = law->form, .least_tokens = law->lowest_tokens, .may_rise = may_rise};
    struct place *const places = malloc((law->rows + 1) * sizeof *places);
    if (!places) {
        return runs_no_memory(runs->source, err);
    }
    tamis_status status = collect_places(runs, arena, places, data, err);
    for (size_t s = 0; !status && s < 2; s++) {
        data->side[s].alpha_held = law->alpha_held;
        status = collect_side(data, runs, places, law->rows, s == 1, arena, &data->side[s], err);
    }
    law->run_count = data->run_count;
    free(places);
    return status;
}

/* ---- The two sides ---------------------------------------------------------------------------------------------- */

/* How many different ratios, up to FEWEST_RATIOS. */
static size_t count_ratios(const struct dcpt_data *data, const struct dcpt_rows *rows, struct dcpt_side *side)
{
    bool between = false;
    side->lowest_ratio = side->highest_ratio = data->runs[rows->run[0]].ratio;
    for (size_t i = 0; i < rows->count; i++) {
        const double ratio = data->runs[rows->run[i]].ratio;
        side->lowest_ratio = fmin(side->lowest_ratio, ratio);
        side->highest_ratio = fmax(side->highest_ratio, ratio);
    }
    for (size_t i = 0; i < rows->count && !between; i++) {
        const double ratio = data->runs[rows->run[i]].ratio;
        between = ratio > side->lowest_ratio && ratio < side->highest_ratio;
    }
    return between ? FEWEST_RATIOS : side->highest_ratio > side->lowest_ratio ? 2 : 1;
}

/* Whether the demand that the loss falls with the share keeps the curve where it is. */
static bool is_held(const struct dcpt_data *data, const struct dcpt_curve *curve)
{
    return data->form != DCPT_SINGLE_POINT && !data->may_rise &&
           dcpt_least_tokens(curve) > data->least_tokens * (1 - DCPT_SAME);
}

/*
 * The law demands that the loss falls with the share at every D used, and the fit obeys. Where that holds it back, the
 * fit without it shows how much the losses contradict it.
 */
static tamis_status fit_held(const struct dcpt_data *data, const struct dcpt_rows *rows, const struct dcpt_try *first,
                             struct dcpt_side *side, tamis_err *err)
{
    const struct dcpt_try with = {.from = &side->curve, .starts = FREE_STARTS, .seed = first->seed, .may_rise = true};
    struct dcpt_curve curve;
    struct dcpt_quality quality;
    const tamis_status status = dcpt_fit_once(data, rows, &with, &curve, &quality, err);
    if (!status && quality.objective < HELD_BACK * side->fit.objective) {
        side->fit.unbound = quality.objective;
    }
    return status;
}

/*
 * A held alpha asks for a term in N so large that E has to be 0, and all else bends to make up for that: there alpha is
 * fitted as well, and the level at other sizes is not known.
 */
static tamis_status free_alpha(const struct dcpt_data *data, struct dcpt_rows *rows, const struct dcpt_try *first,
                               struct dcpt_side *side, tamis_err *err)
{
    struct dcpt_try with = *first;
    struct dcpt_curve curve;
    struct dcpt_quality quality;
    with.from = &side->curve;
    rows->alpha_held = false;
    const tamis_status status = dcpt_fit_once(data, rows, &with, &curve, &quality, err);
    side->alpha_free = !status && quality.objective < HELD_BACK * side->fit.objective;
    rows->alpha_held = !side->alpha_free;
    if (side->alpha_free) {
        side->curve = curve;
        side->fit = quality;
    }
    return status;
}

static tamis_status fit_side(struct dcpt_data *data, const struct dcpt_effort *effort, const struct dcpt_runs *runs,
                             bool general, struct dcpt_side *side, tamis_err *err)
{
    struct dcpt_rows *const rows = &data->side[general];
    const struct dcpt_try with = {.starts = effort->starts ? effort->starts : DCPT_STARTS, .seed = effort->seed};
    if (rows->count == 0) {
        return TAMIS_OK;
    }
    side->rows = rows->count;
    const size_t ratios = count_ratios(data, rows, side);
    if (ratios < FEWEST_RATIOS) {
        return tamis_fail(err, TAMIS_INPUT,
                          "%s: %s is measured at %zu different ratio%s and needs 3, better 5: 0, 0.33, 0.67, 0.9 and "
                          "1; the run without replay (1) must not be missing", runs->source,
                          general ? "loss_general" : "loss_domain", ratios, ratios == 1 ? "" : "s");
    }
    tamis_status status = dcpt_fit_once(data, rows, &with, &side->curve, &side->fit, err);
    if (!status && rows->alpha_held && side->fit.at_low & 1u << DCPT_E) {
        status = free_alpha(data, rows, &with, side, err);
    }
    if (!status && data->form == DCPT_SINGLE_POINT) {
        dcpt_polish(rows, &side->curve, &side->fit);
    }
    return !status && is_held(data, &side->curve) ? fit_held(data, rows, &with, side, err) : status;
}

/* ---- Rise and fall inside a run --------------------------------------------------------------------------------- */

/* General losses of one run: the first and last by D (or step), and the highest. */
struct course {
    double first_at, last_at, first, last, highest;
    size_t rows;
};

static void follow(struct course *course, double at, const struct dcpt_run *run, double base)
{
    if (course->rows == 0 || at < course->first_at) {
        course->first_at = at;
        course->first = isnan(base) ? run->loss_general : base;
    }
    if (course->rows == 0 || at > course->last_at) {
        course->last_at = at;
        course->last = run->loss_general;
    }
    course->highest = course->rows == 0 ? run->loss_general : fmax(course->highest, run->loss_general);
    course->rows++;
}

/* Warm-up rows count here: it is there that the general loss rises. */
static tamis_status find_peak(const struct dcpt_runs *runs, struct dcpt_law *law, tamis_err *err)
{
    struct course *const courses = calloc(runs->table->count, sizeof *courses);
    if (!courses) {
        return runs_no_memory(runs->source, err);
    }
    for (size_t i = 0; i < runs->count; i++) {
        const struct runs_row *const row = &runs->table->row[i];
        const double at = isnan(row->tokens) ? row->step : row->tokens;
        if (!isnan(at) && !isnan(runs->at[i].loss_general)) {
            const bool largest = !(row->parameters < law->parameters);
            const double base = isnan(runs->at[i].base_loss) && largest ? runs->base_loss : runs->at[i].base_loss;
            follow(&courses[row->run], at, &runs->at[i], base);
        }
    }
    law->peak_general = NAN;
    for (size_t i = 0; i < runs->table->count; i++) {
        const struct course *const course = &courses[i];
        const double above = course->highest - fmax(course->first, course->last);
        if (course->rows >= 3 && above > DCPT_PEAK && !(above <= law->peak_general)) {
            law->peak_general = above;
            law->peak_run = runs->table->names[i];
        }
    }
    free(courses);
    return TAMIS_OK;
}

/* ---- The law ---------------------------------------------------------------------------------------------------- */

/* The law may outlive the struct that it was fitted to. */
static tamis_status keep_runs(const struct dcpt_runs *runs, struct arena *arena, struct dcpt_law *law, tamis_err *err)
{
    struct dcpt_runs *const copy = arena_alloc(arena, sizeof *copy);
    if (!copy) {
        return runs_no_memory(runs->source, err);
    }
    *copy = *runs;
    law->runs = copy;
    return TAMIS_OK;
}

tamis_status dcpt_fit(const struct dcpt_runs *runs, const char *name, const struct dcpt_effort *effort,
                      struct arena *arena, struct dcpt_law *law, tamis_err *err)
{
    struct dcpt_data data;
    *law = (struct dcpt_law){.name = name, .source = runs->source, .base_loss = runs->base_loss,
                             .base_model = runs->base_model, .from_scratch = runs->from_scratch,
                             .probe_flop = runs_flop(runs->table)};
    tamis_status status = keep_runs(runs, arena, law, err);
    status = status ? status : choose_form(runs, law, err);
    status = status ? status : collect_values(runs, arena, law, err);
    status = status ? status : collect(runs, arena, law, effort->may_rise, &data, err);
    status = status ? status : fit_side(&data, effort, runs, false, &law->domain, err);
    status = status ? status : fit_side(&data, effort, runs, true, &law->general, err);
    status = status ? status : find_peak(runs, law, err);
    return status ? status : dcpt_refit(&data, effort, arena, law, err);
}
