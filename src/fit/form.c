/* The search from several starts, and how good what was found is. */
#include "fit/form.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "fit/descent.h"
#include "fit/form_work.h"

#define POLISHED 4           /* different results of the search that are polished, at most */
#define DIFFERENT 1e-3       /* they are when their sums differ by this share */
#define AGREES 1.01          /* times the best sum */
#define AGREES_ANYWAY 1e-13  /* a sum per row that is as good as none */
#define AT_BOUND 1e-7        /* share of the box */

double form_at(const struct form *form, const double *linear, const double *shape, const double *input)
{
    double basis[FORM_LINEAR], sum = 0;
    form->basis(form->context, shape, input, basis, NULL);
    for (size_t j = 0; j < form->linear; j++) {
        sum += (form->fixed_linear ? 1 : linear[j]) * basis[j];
    }
    return sum;
}

/* ---- Starts ----------------------------------------------------------------------------------------------------- */

struct start {
    double coordinates[FORM_SHAPES];
    double value; /* after the search, or after the polish where there was no search */
    unsigned number;
};

struct starts {
    struct form_work *work;
    struct start *at;
    unsigned count;
};

/* In the box, evenly at random by its coordinates. */
static void place(const struct form_work *work, const struct form_search *search, unsigned number, struct start *start)
{
    for (size_t k = 0; k < work->form->shapes; k++) {
        const uint64_t hash = hash_join(hash_join(hash_mix(search->seed), number), k);
        const double share = (double)(hash >> 11) * 0x1p-53;
        start->coordinates[k] = work->low[k] + (work->high[k] - work->low[k]) * share;
    }
}

static void place_at(const struct form_work *work, const double *from, struct start *start)
{
    for (size_t k = 0; k < work->form->shapes; k++) {
        const struct form_shape *const s = &work->form->shape[k];
        start->coordinates[k] = form_coordinate(work, k, fmin(fmax(from[k], s->low), s->high));
    }
}

static int by_value(const void *a, const void *b)
{
    const struct start *const x = a, *const y = b;
    const int order = x->value < y->value ? -1 : x->value > y->value;
    return order ? order : x->number < y->number ? -1 : x->number > y->number;
}

/* ---- Search and polish ------------------------------------------------------------------------------------------ */

struct candidate {
    double linear[FORM_LINEAR], coordinates[FORM_SHAPES];
    double value;
};

static tamis_status polish(struct form_work *work, struct start *start, struct candidate *best, tamis_err *err)
{
    struct candidate c = {.value = INFINITY};
    memcpy(c.coordinates, start->coordinates, sizeof c.coordinates);
    if (!work->form->fixed_linear && !form_project(work, c.coordinates, c.linear)) {
        return TAMIS_OK;
    }
    const tamis_status status = form_polish(work, c.linear, c.coordinates, &c.value, err);
    if (work->form->fixed_linear) {
        start->value = c.value;
    }
    if (!status && c.value < best->value) {
        *best = c;
    }
    return status;
}

static tamis_status polish_every(const struct starts *s, struct candidate *best, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    for (unsigned i = 0; i < s->count && !status; i++) {
        status = polish(s->work, &s->at[i], best, err);
    }
    return status;
}

static tamis_status search_and_polish(const struct starts *s, struct candidate *best, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    for (unsigned i = 0; i < s->count && !status; i++) {
        status = form_search_shape(s->work, s->at[i].coordinates, &s->at[i].value, err);
    }
    qsort(s->at, s->count, sizeof *s->at, by_value);
    double last = -INFINITY;
    for (unsigned i = 0, polished = 0; i < s->count && polished < POLISHED && !status; i++) {
        if (s->at[i].value < INFINITY && s->at[i].value > last * (1 + DIFFERENT)) {
            status = polish(s->work, &s->at[i], best, err);
            last = s->at[i].value;
            polished++;
        }
    }
    return status;
}

static unsigned agreeing(const struct starts *s)
{
    double best = INFINITY;
    unsigned count = 0;
    for (unsigned i = 0; i < s->count; i++) {
        best = fmin(best, s->at[i].value);
    }
    for (unsigned i = 0; i < s->count; i++) {
        count += s->at[i].value <= best * AGREES + AGREES_ANYWAY * (double)s->work->rows;
    }
    return count;
}

static tamis_status find(struct form_work *work, const struct form_search *search, struct form_fit *fit,
                         struct candidate *best, tamis_err *err)
{
    const unsigned from = search->from != NULL, count = search->starts + from > 0 ? search->starts + from : 1;
    struct starts s = {work, calloc(count, sizeof *s.at), count};
    if (!s.at) {
        return tamis_fail(err, TAMIS_IO, "out of memory for %u starts of a fit", count);
    }
    if (from) {
        place_at(work, search->from, &s.at[0]);
    }
    for (unsigned i = from; i < count; i++) {
        place(work, search, i - from, &s.at[i]);
    }
    for (unsigned i = 0; i < count; i++) {
        s.at[i].number = i;
    }
    const tamis_status status = work->form->fixed_linear ? polish_every(&s, best, err)
                                                         : search_and_polish(&s, best, err);
    fit->starts = count;
    fit->agreeing = agreeing(&s);
    free(s.at);
    if (!status && !(best->value < INFINITY)) {
        return tamis_fail(err, TAMIS_INPUT, "the law has no value at the %zu losses from any of %u starts", work->rows,
                          count);
    }
    return status;
}

/* ---- How good it is --------------------------------------------------------------------------------------------- */

static void judge(const struct form_work *work, struct form_fit *fit)
{
    double sum = 0, around = 0, left = 0;
    for (size_t i = 0; i < work->rows; i++) {
        sum += work->loss[i];
    }
    const double mean = sum / (double)work->rows;
    for (size_t i = 0; i < work->rows; i++) {
        const double loss = work->loss[i];
        const double predicted = form_at(work->form, fit->linear, fit->shape, &work->inputs[i * work->form->inputs]);
        const double error = predicted - loss;
        const double penalty = huber_penalty(work->form->plain ? error : tamis_log(predicted) - work->ln_loss[i],
                                             work->huber);
        fit->objective += penalty;
        fit->weighted += work->weight[i] * penalty;
        around += (loss - mean) * (loss - mean);
        left += error * error;
        fit->mape += work->form->plain ? (double)NAN : fabs(error / loss) / (double)work->rows;
        fit->max_error = fmax(fit->max_error, fabs(error));
    }
    fit->r2 = around > 0 ? 1 - left / around : (double)NAN;
}

static void note_bounds(const struct form_work *work, const double *coordinates, struct form_fit *fit)
{
    for (size_t k = 0; k < work->form->shapes && k < FORM_SHAPES; k++) {
        const double near = AT_BOUND * (work->high[k] - work->low[k]);
        fit->shape_low |= (uint64_t)(coordinates[k] - work->low[k] <= near) << k;
        fit->shape_high |= (uint64_t)(work->high[k] - coordinates[k] <= near) << k;
    }
    for (size_t j = 0; j < work->form->linear; j++) {
        fit->linear_zero |= (unsigned)(fabs(fit->linear[j]) <= 0) << j;
    }
}

static void take(const struct form_work *work, const struct candidate *best, struct form_fit *fit)
{
    memcpy(fit->linear, best->linear, sizeof fit->linear);
    form_shapes(work, best->coordinates, fit->shape);
    judge(work, fit);
    note_bounds(work, best->coordinates, fit);
}

tamis_status form_fit(const struct form *form, const struct form_rows *rows, const struct form_search *search,
                      struct form_fit *fit, tamis_err *err)
{
    struct form_work work;
    struct candidate best = {.value = INFINITY};
    *fit = (struct form_fit){.weighted = 0};
    tamis_status status = form_work_init(&work, form, rows, err);
    if (!status) {
        status = find(&work, search, fit, &best, err);
    }
    if (!status) {
        take(&work, &best, fit);
    }
    form_work_release(&work);
    return status;
}
