/* See sampling.h. A wrong guess costs time, never a value: the second look goes by the ledger alone. */
#include "run/sampling.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/path.h"
#include "core/str.h"
#include "run/batch.h"
#include "run/visit.h"

#define RATE (UINT64_MAX / SURVEY_SAMPLE_ONE_IN)
/* Documents measured for each that will be wanted: what is still to come may be other than what was read. */
#define GENEROUS 1.25

static bool has_text(const struct survey_row *row)
{
    return (row->hash_high | row->hash_low) != 0;
}

/* ---- While reading ---------------------------------------------------------------------------------------------- */

tamis_status sampling_init(struct sampling *s, const struct inputs *inputs, tamis_err *err)
{
    *s = (struct sampling){.disk = inputs_bytes(inputs)};
    atomic_store(&s->below, UINT64_MAX);
    return smallest_init(&s->smallest, SURVEY_SAMPLE_SMALLEST)
               ? TAMIS_OK
               : tamis_fail(err, TAMIS_IO, "out of memory for the survey's sample");
}

void sampling_release(struct sampling *s)
{
    smallest_release(&s->smallest);
}

/* Where the last of the smallest hashes will lie if what is to come is like what was read. */
static uint64_t guess(const struct sampling *s, uint64_t disk_read)
{
    const double whole = disk_read && disk_read < s->disk ? (double)s->disk / (double)disk_read : 1;
    const double documents = (double)s->documents * whole;
    const double share = documents > 0 ? GENEROUS * SURVEY_SAMPLE_SMALLEST / documents : 1;
    return share < 1 ? (uint64_t)(share * (double)((uint64_t)1 << 63)) * 2 : UINT64_MAX;
}

void sampling_see(struct sampling *s, const struct survey_row *rows, size_t count, uint64_t disk_read)
{
    for (size_t i = 0; i < count; i++) {
        if (has_text(&rows[i])) {
            smallest_add(&s->smallest, rows[i].hash_high);
            s->documents++;
        }
    }
    const uint64_t last = smallest_find(&s->smallest).last, guessed = guess(s, disk_read);
    const uint64_t smallest = guessed < last ? guessed : last;
    atomic_store(&s->below, smallest > RATE ? smallest : RATE);
}

/* ---- Which count ------------------------------------------------------------------------------------------------ */

bool sample_limit_takes(struct sample_limit *limit, uint64_t hash_high)
{
    const bool small = smallest_takes(&limit->smallest, hash_high);
    return small || hash_high < limit->rate;
}

tamis_status sample_limit_find(struct sample_limit *limit, const struct ledger *ledger, tamis_err *err)
{
    struct smallest smallest;
    if (!smallest_init(&smallest, SURVEY_SAMPLE_SMALLEST)) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the sample");
    }
    for (size_t p = 0; p < ledger->part_count; p++) {
        const struct survey_row *const rows = ledger->parts[p].survey.rows;
        for (size_t i = 0; i < ledger->parts[p].count; i++) {
            if (has_text(&rows[i])) {
                smallest_add(&smallest, rows[i].hash_high);
            }
        }
    }
    *limit = (struct sample_limit){RATE, smallest_find(&smallest)};
    smallest_release(&smallest);
    return TAMIS_OK;
}

/* ---- The file --------------------------------------------------------------------------------------------------- */

size_t sample_row_bytes(const struct rules *rules)
{
    return sizeof(uint64_t) + rules_signals(rules) * sizeof(double);
}

void sample_dtype(char dtype[SAMPLE_DTYPE_BYTES], const struct rules *rules)
{
    snprintf(dtype, SAMPLE_DTYPE_BYTES, "[('number','<u8'),('values','<f8',(%zu,))]", rules_signals(rules));
}

static tamis_status sample_path(struct path *path, const struct ledger *ledger, size_t part, tamis_err *err)
{
    return path_make(path, err, "%s/part-%06zu/sample.npy", ledger->folder, part);
}

tamis_status sample_map(struct npy *npy, const struct ledger *ledger, size_t part, const struct rules *rules,
                        tamis_err *err)
{
    struct path path;
    char dtype[SAMPLE_DTYPE_BYTES];
    sample_dtype(dtype, rules);
    const tamis_status status = sample_path(&path, ledger, part, err);
    return status ? status : npy_open(npy, path.at, dtype, sample_row_bytes(rules), err);
}

/* ---- The documents of a part that count ------------------------------------------------------------------------- */

struct counted {
    const struct ledger_part *part;
    struct npy npy; /* what is stored */
    struct sample_limit *limit; /* goes from part to part */
    size_t row_bytes, index, at;
};

static tamis_status counted_open(struct counted *c, const struct ledger *ledger, size_t part, const struct rules *rules,
                                 struct sample_limit *limit, tamis_err *err)
{
    *c = (struct counted){.part = &ledger->parts[part], .limit = limit, .row_bytes = sample_row_bytes(rules)};
    return sample_map(&c->npy, ledger, part, rules, err);
}

static uint64_t stored_index(const struct counted *c)
{
    uint64_t index = 0;
    memcpy(&index, (const char *)c->npy.rows + c->at * c->row_bytes, sizeof index);
    return index;
}

/* The next one: its number within the part, and its row where it is stored, else NULL. False: no more. */
static bool counted_next(struct counted *c, size_t *index, const char **row)
{
    const struct survey_row *const survey = c->part->survey.rows;
    for (; c->index < c->part->count; c->index++) {
        if (has_text(&survey[c->index]) && sample_limit_takes(c->limit, survey[c->index].hash_high)) {
            break;
        }
    }
    if (c->index == c->part->count) {
        return false;
    }
    *index = c->index++;
    while (c->at < c->npy.count && stored_index(c) < *index) {
        c->at++;
    }
    const bool stored = c->at < c->npy.count && stored_index(c) == *index;
    *row = stored ? (const char *)c->npy.rows + c->at * c->row_bytes : NULL;
    return true;
}

/* ---- The second look -------------------------------------------------------------------------------------------- */

struct look {
    const struct run *run;
    struct ledger ledger;
    struct sample_limit limit;
    size_t row_bytes;
    struct worker **workers; /* one per thread */
    struct buf missing;      /* numbers, ascending */
    size_t asked;            /* of these, those that wants() was asked about */
    struct buf rows;         /* of the missing ones, as in sample.npy */
};

static tamis_status no_memory(tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO, "out of memory for completing the sample");
}

static size_t missing_count(const struct look *l)
{
    return l->missing.len / sizeof(uint64_t);
}

static uint64_t missing_at(const struct look *l, size_t i)
{
    return ((const uint64_t *)(const void *)l->missing.at)[i];
}

static tamis_status find_missing_in(struct look *l, size_t part, struct sample_limit *limit, tamis_err *err)
{
    struct counted counted;
    size_t index = 0;
    const char *row = NULL;
    bool fine = true;
    const tamis_status status = counted_open(&counted, &l->ledger, part, l->run->rules, limit, err);
    if (status) {
        return status;
    }
    while (fine && counted_next(&counted, &index, &row)) {
        const uint64_t number = counted.part->first + index;
        fine = row || buf_add(&l->missing, &number, sizeof number);
    }
    npy_close(&counted.npy);
    return fine ? TAMIS_OK : no_memory(err);
}

static tamis_status find_missing(struct look *l, tamis_err *err)
{
    struct sample_limit limit = l->limit;
    tamis_status status = TAMIS_OK;
    for (size_t p = 0; !status && p < l->ledger.part_count; p++) {
        status = find_missing_in(l, p, &limit, err);
    }
    return status;
}

static bool is_missing(void *context, uint64_t number)
{
    struct look *const l = context;
    const bool missing = l->asked < missing_count(l) && missing_at(l, l->asked) == number;
    l->asked += missing;
    return missing;
}

static tamis_status measure(void *context, unsigned thread, uint64_t number, const struct record *record,
                            struct buf *made, tamis_err *err)
{
    const struct look *const l = context;
    const struct ledger_part *const part = ledger_part_of(&l->ledger, number);
    const struct survey_row *const row = ledger_survey(&l->ledger, number);
    if (record->reject) {
        return tamis_fail(err, TAMIS_INPUT, "%s: the record at byte %llu has changed since the survey; restore the "
                          "file, or remove %s and run again", l->run->inputs->at[row->part].path,
                          (unsigned long long)row->offset, l->run->folder);
    }
    struct stats_row *const stats = stats_row(l->run->stats, thread);
    const uint64_t since = stats_begin(stats);
    const bool fine = worker_sample(l->workers[thread], record, row, number - part->first, made);
    (void)stats_end(stats, STATS_SAMPLE, since, record->text.len);
    return fine ? TAMIS_OK : no_memory(err);
}

static tamis_status take(void *context, uint64_t number, tamis_str made, tamis_err *err)
{
    struct look *const l = context;
    (void)number;
    return buf_add_str(&l->rows, made) ? TAMIS_OK : no_memory(err);
}

static tamis_status read_missing(struct look *l, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    l->workers = calloc(l->run->threads + 1u, sizeof(struct worker *));
    if (!l->workers) {
        return no_memory(err);
    }
    for (unsigned t = 0; !status && t < (l->run->threads ? l->run->threads : 1); t++) {
        status = worker_new(&l->workers[t], l->run->recipe, l->run->rules, err);
    }
    const struct visit visit = {.wants = is_missing, .parse = true, .work = measure, .take = take, .context = l};
    progress_stage(l->run->progress, "sample", "bytes", inputs_bytes(l->run->inputs));
    return status ? status : visit_records(l->run, &l->ledger, &visit, err);
}

/* What the part's file should hold; `more`: the next row that was missing. */
static bool fill_part(const struct look *l, struct counted *counted, size_t *more, struct buf *rows)
{
    size_t index = 0;
    const char *row = NULL;
    bool fine = true;
    while (fine && counted_next(counted, &index, &row)) {
        const char *const from = row ? row : l->rows.at + *more * l->row_bytes;
        *more += row == NULL;
        fine = buf_add(rows, from, l->row_bytes);
    }
    return fine;
}

static tamis_status write_rows(const struct look *l, size_t part, tamis_str rows, tamis_err *err)
{
    struct path path;
    char dtype[SAMPLE_DTYPE_BYTES];
    sample_dtype(dtype, l->run->rules);
    const tamis_status status = sample_path(&path, &l->ledger, part, err);
    return status ? status : npy_write(path.at, dtype, l->row_bytes, rows.at, rows.len / l->row_bytes, err);
}

static tamis_status settle_part(const struct look *l, size_t part, struct sample_limit *limit, size_t *more,
                                tamis_err *err)
{
    struct counted counted;
    struct buf rows;
    tamis_status status = counted_open(&counted, &l->ledger, part, l->run->rules, limit, err);
    if (status) {
        return status;
    }
    buf_init(&rows, BUF_UNLIMITED);
    if (!fill_part(l, &counted, more, &rows)) {
        status = no_memory(err);
    } else if (!str_equal(buf_str(&rows), (tamis_str){counted.npy.rows, counted.npy.count * l->row_bytes})) {
        status = write_rows(l, part, buf_str(&rows), err);
    }
    buf_release(&rows);
    npy_close(&counted.npy);
    return status;
}

static tamis_status settle(const struct look *l, tamis_err *err)
{
    struct sample_limit limit = l->limit;
    size_t more = 0;
    tamis_status status = TAMIS_OK;
    for (size_t p = 0; !status && p < l->ledger.part_count; p++) {
        status = settle_part(l, p, &limit, &more, err);
    }
    return status;
}

static tamis_status complete(struct look *l, tamis_err *err)
{
    tamis_status status = sample_limit_find(&l->limit, &l->ledger, err);
    status = status ? status : find_missing(l, err);
    if (!status && missing_count(l)) {
        status = read_missing(l, err);
    }
    status = status ? status : settle(l, err);
    for (unsigned t = 0; l->workers && t < (l->run->threads ? l->run->threads : 1); t++) {
        worker_free(l->workers[t]);
    }
    free(l->workers);
    return status;
}

tamis_status sampling_complete(const struct run *run, tamis_err *err)
{
    struct look look = {.run = run, .row_bytes = sample_row_bytes(run->rules)};
    if (rules_signals(run->rules) == 0) {
        return TAMIS_OK;
    }
    tamis_status status = ledger_open(&look.ledger, run->ledger, run->recipe, LEDGER_SURVEY, err);
    if (status) {
        return status;
    }
    buf_init(&look.missing, BUF_UNLIMITED);
    buf_init(&look.rows, BUF_UNLIMITED);
    status = complete(&look, err);
    buf_release(&look.missing);
    buf_release(&look.rows);
    ledger_close(&look.ledger);
    return status;
}
