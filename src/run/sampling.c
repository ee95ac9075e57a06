/* See sampling.h. A wrong guess costs time, never a value: the second look goes by the ledger alone. */
#include "run/sampling.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/path.h"
#include "run/batch.h"
#include "run/visit.h"

#define RATE (UINT64_MAX / SURVEY_SAMPLE_ONE_IN)
/* Documents measured for each that will be wanted: what is still to come may be other than what was read. */
#define GENEROUS 1.25

static bool has_text(const struct survey_row *row)
{
    return (row->hash_high | row->hash_low) != 0;
}

static size_t signals_of(const struct rules *rules)
{
    return (size_t)(rules->exact - rules->first_filter);
}

/* ---- While reading ---------------------------------------------------------------------------------------------- */

tamis_status sampling_init(struct sampling *s, const struct inputs *inputs, tamis_err *err)
{
    *s = (struct sampling){.disk = 0};
    for (size_t i = 0; i < inputs->count; i++) {
        s->disk += inputs->at[i].bytes;
    }
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

size_t sample_dtype(char dtype[SAMPLE_DTYPE_BYTES], const struct rules *rules)
{
    const size_t signals = signals_of(rules);
    snprintf(dtype, SAMPLE_DTYPE_BYTES, "[('number','<u8'),('values','<f8',(%zu,))]", signals);
    return 8 * (signals + 1);
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
    const size_t row_bytes = sample_dtype(dtype, rules);
    const tamis_status status = sample_path(&path, ledger, part, err);
    return status ? status : npy_open(npy, path.at, dtype, row_bytes, err);
}

/* ---- The second look -------------------------------------------------------------------------------------------- */

struct look {
    const struct run *run;
    struct ledger ledger;
    size_t row_bytes;
    struct worker **workers; /* one per thread */
    struct buf missing;      /* numbers, ascending: at most SURVEY_SAMPLE_SMALLEST */
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

static uint64_t index_at(const char *rows, size_t row_bytes, size_t i)
{
    uint64_t index = 0;
    memcpy(&index, rows + i * row_bytes, sizeof index);
    return index;
}

static tamis_status find_missing_in(struct look *l, size_t part, struct sample_limit *limit, tamis_err *err)
{
    struct npy npy;
    const struct ledger_part *const p = &l->ledger.parts[part];
    const struct survey_row *const survey = p->survey.rows;
    bool fine = true;
    const tamis_status status = sample_map(&npy, &l->ledger, part, l->run->rules, err);
    if (status) {
        return status;
    }
    for (size_t i = 0, at = 0; fine && i < p->count; i++) {
        while (at < npy.count && index_at(npy.rows, l->row_bytes, at) < i) {
            at++;
        }
        const bool counts = has_text(&survey[i]) && sample_limit_takes(limit, survey[i].hash_high);
        if (counts && !(at < npy.count && index_at(npy.rows, l->row_bytes, at) == i)) {
            const uint64_t number = p->first + i;
            fine = buf_add(&l->missing, &number, sizeof number);
        }
    }
    npy_close(&npy);
    return fine ? TAMIS_OK : no_memory(err);
}

static tamis_status find_missing(struct look *l, tamis_err *err)
{
    struct sample_limit limit;
    tamis_status status = sample_limit_find(&limit, &l->ledger, err);
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
    return worker_sample(l->workers[thread], record, row, number - part->first, made) ? TAMIS_OK : no_memory(err);
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
    return status ? status : visit_records(l->run, &l->ledger, &visit, err);
}

/* Both ascending, nothing in both. */
static bool merge(const struct look *l, const struct npy *old, const char *more, size_t count, struct buf *to)
{
    size_t i = 0, k = 0;
    bool fine = true;
    while (fine && (i < old->count || k < count)) {
        const bool is_old = k == count || (i < old->count && index_at(old->rows, l->row_bytes, i) <
                                                                 index_at(more, l->row_bytes, k));
        const char *const row = is_old ? (const char *)old->rows + i++ * l->row_bytes : more + k++ * l->row_bytes;
        fine = buf_add(to, row, l->row_bytes);
    }
    return fine;
}

static tamis_status replace(const struct look *l, size_t part, const char *more, size_t count, tamis_err *err)
{
    struct npy old;
    struct path path;
    struct buf rows;
    char dtype[SAMPLE_DTYPE_BYTES];
    (void)sample_dtype(dtype, l->run->rules);
    tamis_status status = sample_map(&old, &l->ledger, part, l->run->rules, err);
    if (status) {
        return status;
    }
    buf_init(&rows, BUF_UNLIMITED);
    status = merge(l, &old, more, count, &rows) ? sample_path(&path, &l->ledger, part, err) : no_memory(err);
    status = status ? status : npy_write(path.at, dtype, l->row_bytes, rows.at, rows.len / l->row_bytes, err);
    buf_release(&rows);
    npy_close(&old);
    return status;
}

static tamis_status write_missing(const struct look *l, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    size_t from = 0;
    for (size_t p = 0; !status && p < l->ledger.part_count; p++) {
        const struct ledger_part *const part = &l->ledger.parts[p];
        size_t end = from;
        while (end < missing_count(l) && missing_at(l, end) < part->first + part->count) {
            end++;
        }
        if (end > from) {
            status = replace(l, p, l->rows.at + from * l->row_bytes, end - from, err);
        }
        from = end;
    }
    return status;
}

static tamis_status complete(struct look *l, tamis_err *err)
{
    tamis_status status = find_missing(l, err);
    if (!status && missing_count(l)) {
        status = read_missing(l, err);
        status = status ? status : write_missing(l, err);
    }
    for (unsigned t = 0; l->workers && t < (l->run->threads ? l->run->threads : 1); t++) {
        worker_free(l->workers[t]);
    }
    free(l->workers);
    return status;
}

tamis_status sampling_complete(const struct run *run, tamis_err *err)
{
    char dtype[SAMPLE_DTYPE_BYTES];
    struct look look = {.run = run, .row_bytes = sample_dtype(dtype, run->rules)};
    if (signals_of(run->rules) == 0) {
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
