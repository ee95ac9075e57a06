/*
 * Forms in which a document stands whole: read once to learn of steps, coverage and ids that stand twice, once more to
 * hand the documents out. Ids are told apart by 128 bits of hash. Where there are ids that stand twice, coverage is
 * counted again without them.
 */
#include "score/trajectories_reading.h"

#include <math.h>
#include <stdlib.h>

/* Words of a row of the sorting that finds ids that stand twice. */
enum { ROW_HIGH, ROW_LOW, ROW_PLACE, ROW_WORDS };

struct streamed {
    const struct series_source *source;
    void *series;
    const struct origin *origin;
    const struct trajectories_options *options;
    struct account *account, *later; /* counts of the first reading; of those after it, which nobody looks at */
    struct steps *steps;
    struct sorter *ids;
    struct sorter *skips[2]; /* places of series that are left out, for two readings */
    uint64_t skip, place;    /* the next to be left out; of the next series */
};

static void close_series(struct streamed *s)
{
    s->source->close(s->series);
    s->series = NULL;
}

static tamis_status open_series(struct streamed *s, struct account *account, tamis_err *err)
{
    close_series(s);
    s->place = 0;
    return s->source->open(&s->series, s->origin, s->options, account, err);
}

static tamis_status fail_changed(const struct streamed *s, tamis_err *err)
{
    return tamis_fail(err, TAMIS_INPUT, "%s: has changed while it was read; run the command again", s->origin->name);
}

/* ---- The first reading ------------------------------------------------------------------------------------------ */

static tamis_status add_id(struct streamed *s, const struct series *series, tamis_err *err)
{
    const hash128 hash = hash128_bytes(series->id.at, series->id.len);
    const uint64_t row[ROW_WORDS] = {[ROW_HIGH] = hash.high, [ROW_LOW] = hash.low, [ROW_PLACE] = s->place};
    return sorter_add(s->ids, row, err);
}

/* A step that is measured twice in one series makes the id stand twice. */
static tamis_status learn(struct streamed *s, const struct series *series, tamis_err *err)
{
    bool repeated = false;
    tamis_status status = add_id(s, series, err);
    for (size_t i = 0; !status && i < series->count; i++) {
        struct step *step = NULL;
        status = steps_touch(s->steps, series->steps[i], &step, err);
        if (!status && !isnan(series->losses[i])) {
            repeated = repeated || step->stamp == s->place + 1;
            step->covered += step->stamp != s->place + 1;
            step->stamp = s->place + 1;
        }
    }
    return status || !repeated ? status : add_id(s, series, err);
}

static tamis_status read_first(struct streamed *s, tamis_err *err)
{
    const struct series *series = NULL;
    tamis_status status = open_series(s, s->account, err);
    while (!status && !(status = s->source->next(s->series, &series, err)) && series) {
        status = learn(s, series, err);
        s->place++;
    }
    return status;
}

/* ---- Ids that stand twice --------------------------------------------------------------------------------------- */

static tamis_status skip(struct streamed *s, uint64_t place, tamis_err *err)
{
    const tamis_status status = sorter_add(s->skips[0], &place, err);
    return status ? status : sorter_add(s->skips[1], &place, err);
}

static tamis_status open_skips(struct streamed *s, tamis_err *err)
{
    static const char *const names[] = {"trajectories-skips", "trajectories-skips-again"};
    tamis_status status = TAMIS_OK;
    for (size_t i = 0; !status && i < 2; i++) {
        const struct sorter_options options = {.folder = s->options->tmp, .name = names[i], .words = 1, .top = s->place,
                                               .memory = (size_t)(s->options->memory / 8), .unique = true};
        status = sorter_open(&s->skips[i], &options, err);
    }
    return status;
}

static tamis_status find_doubles(struct streamed *s, tamis_err *err)
{
    const uint64_t *row = NULL;
    uint64_t last[ROW_WORDS] = {0}, run = 0; /* the row before; how many rows of its id so far */
    tamis_status status = sorter_finish(s->ids, err);
    while (!status && !(status = sorter_next(s->ids, &row, err)) && row) {
        const bool same = run > 0 && row[ROW_HIGH] == last[ROW_HIGH] && row[ROW_LOW] == last[ROW_LOW];
        run = same ? run + 1 : 1;
        s->account->facts.documents += run == 1;
        if (run == 2) {
            s->account->facts.documents--;
            s->account->facts.ambiguous++;
            status = skip(s, last[ROW_PLACE], err);
        }
        if (run > 1 && !status) {
            status = skip(s, row[ROW_PLACE], err);
        }
        for (size_t i = 0; i < ROW_WORDS; i++) {
            last[i] = row[i];
        }
    }
    return status;
}

static tamis_status next_skip(struct streamed *s, struct sorter *skips, tamis_err *err)
{
    const uint64_t *row = NULL;
    const tamis_status status = sorter_next(skips, &row, err);
    s->skip = !status && row ? *row : UINT64_MAX;
    return status;
}

/* The next series whose id stands once. */
static tamis_status next_kept(struct streamed *s, struct sorter *skips, const struct series **series, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    for (;;) {
        status = s->source->next(s->series, series, err);
        if (status || !*series || s->place++ != s->skip) {
            return status;
        }
        status = next_skip(s, skips, err);
        if (status) {
            return status;
        }
    }
}

static tamis_status start_again(struct streamed *s, struct sorter *skips, tamis_err *err)
{
    tamis_status status = sorter_finish(skips, err);
    status = status ? status : next_skip(s, skips, err);
    return status ? status : open_series(s, s->later, err);
}

static tamis_status count_again(struct streamed *s, tamis_err *err)
{
    const struct series *series = NULL;
    tamis_status status = start_again(s, s->skips[1], err);
    for (size_t i = 0; i < s->steps->room; i++) {
        s->steps->slots[i].covered = 0;
    }
    while (!status && !(status = next_kept(s, s->skips[1], &series, err)) && series) {
        for (size_t i = 0; !status && i < series->count; i++) {
            struct step *const step = steps_find(s->steps, series->steps[i]);
            status = step ? TAMIS_OK : fail_changed(s, err);
            if (step && !isnan(series->losses[i])) {
                step->covered++;
            }
        }
    }
    return status;
}

/* ---- The gatherer ----------------------------------------------------------------------------------------------- */

static void streamed_close(void *self)
{
    struct streamed *const s = self;
    if (!s) {
        return;
    }
    close_series(s);
    sorter_free(s->ids);
    sorter_free(s->skips[0]);
    sorter_free(s->skips[1]);
    free(s->later);
    free(s);
}

static tamis_status read_all(struct streamed *s, tamis_err *err)
{
    const struct sorter_options ids = {.folder = s->options->tmp, .name = "trajectories-ids", .words = ROW_WORDS,
                                       .top = UINT64_MAX, .memory = (size_t)(s->options->memory / 2)};
    tamis_status status = sorter_open(&s->ids, &ids, err);
    status = status ? status : read_first(s, err);
    status = status ? status : open_skips(s, err);
    status = status ? status : find_doubles(s, err);
    sorter_free(s->ids);
    s->ids = NULL;
    status = status ? status : steps_sort(s->steps, err);
    if (!status && s->account->facts.ambiguous > 0) {
        status = count_again(s, err);
    }
    if (!status) {
        steps_show_covered(s->steps);
    }
    return status ? status : start_again(s, s->skips[0], err);
}

static tamis_status streamed_open(void **self, const struct series_source *source, const struct origin *origin,
                                  const struct trajectories_options *options, struct account *account,
                                  struct steps *steps, tamis_err *err)
{
    struct streamed *const s = calloc(1, sizeof *s);
    if (!s) {
        return reading_no_memory("a reader", err);
    }
    *self = s;
    s->source = source;
    s->origin = origin;
    s->options = options;
    s->account = account;
    s->steps = steps;
    s->later = calloc(1, sizeof *s->later);
    return s->later ? read_all(s, err) : reading_no_memory("a reader", err);
}

static tamis_status streamed_next(void *self, double *losses, struct trajectory *t, tamis_err *err)
{
    struct streamed *const s = self;
    const struct series *series = NULL;
    *t = (struct trajectory){.losses = losses};
    const tamis_status status = next_kept(s, s->skips[0], &series, err);
    if (status || !series) {
        return status;
    }
    for (size_t i = 0; i < s->steps->count; i++) {
        losses[i] = (double)NAN;
    }
    for (size_t i = 0; i < series->count; i++) {
        const struct step *const step = steps_find(s->steps, series->steps[i]);
        if (!step) {
            return fail_changed(s, err);
        }
        if (!isnan(series->losses[i])) { /* a step that stands there twice is measured once */
            losses[step->index] = series->losses[i];
        }
    }
    t->id = series->id;
    t->domain = series->domain;
    t->tokens = series->units;
    return TAMIS_OK;
}

static tamis_status wide_open(void **self, const struct origin *origin, const struct trajectories_options *options,
                              struct account *account, struct steps *steps, tamis_err *err)
{
    return streamed_open(self, &series_of_lines, origin, options, account, steps, err);
}

static tamis_status matrix_open(void **self, const struct origin *origin, const struct trajectories_options *options,
                                struct account *account, struct steps *steps, tamis_err *err)
{
    return streamed_open(self, &series_of_matrix, origin, options, account, steps, err);
}

const struct gatherer gatherer_wide = {wide_open, streamed_next, streamed_close};
const struct gatherer gatherer_matrix = {matrix_open, streamed_next, streamed_close};
