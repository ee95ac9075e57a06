/*
 * What became of every document, written to the ledger part by part, several parts at once.
 */
#include <math.h>

#include "core/path.h"
#include "dedup/resolving.h"

#define ROWS_AT_ONCE 2048u

_Static_assert(NARROW_NONE == LEDGER_NOBODY, "nobody is no number");

static void share_bit(uint64_t *bits, uint64_t i)
{
    const uint64_t bit = (uint64_t)1 << (i % 64);
#pragma omp atomic
    bits[i / 64] |= bit;
}

/* A copy of a document that was itself dropped has that one's keeper: every keeper is a document that stays. */
static struct resolve_row row_of(const struct resolving *r, uint64_t number)
{
    const struct rules *const rules = r->run->rules;
    struct resolve_row row = {.keeper = resolving_keeper(r, number), .similarity = NAN};
    row.held_out = bits_has(r->held_out, number);
    if (row.keeper == LEDGER_NOBODY) {
        return row;
    }
    const uint64_t dropped = bits_has(r->candidates.bits, number) ? number : row.keeper;
    const uint64_t keeper = resolving_keeper(r, dropped);
    if (keeper == LEDGER_NOBODY) {
        row.similarity = 1;
        row.rule = (uint16_t)(rules->exact + 1);
    } else {
        row.keeper = keeper;
        row.similarity = r->similarity[resolving_rank(r, dropped)];
        row.rule = (uint16_t)(rules->minhash + 1);
    }
    return row;
}

static void mark_clusters(struct resolving *r, const struct stretch *s)
{
    const uint64_t first = r->ledger->parts[s->part].first;
    for (uint64_t n = first + s->from; n < first + s->end; n++) {
        if (resolving_keeper(r, n) != LEDGER_NOBODY) {
            share_bit(r->clustered, n);
            share_bit(r->clustered, row_of(r, n).keeper);
        }
    }
}

static void count_row(const struct rules *rules, const struct resolve_row *row, struct resolve_totals *totals)
{
    totals->exact += row->rule == rules->exact + 1;
    totals->minhash += row->rule == rules->minhash + 1;
    totals->held_out += row->held_out;
}

static tamis_status write_rows(const struct resolving *r, const struct ledger_part *part, struct file_out *f,
                               struct resolve_totals *totals, tamis_err *err)
{
    struct resolve_row rows[ROWS_AT_ONCE];
    tamis_status status = TAMIS_OK;
    for (size_t at = 0, count = 0; !status && at < part->count; at += count) {
        count = part->count - at < ROWS_AT_ONCE ? part->count - at : ROWS_AT_ONCE;
        for (size_t i = 0; i < count; i++) {
            const uint64_t number = part->first + at + i;
            rows[i] = row_of(r, number);
            rows[i].clustered = bits_has(r->clustered, number);
            count_row(r->run->rules, &rows[i], totals);
        }
        status = file_out_add(f, rows, count * sizeof *rows, err);
    }
    return status;
}

static tamis_status write_part(const struct resolving *r, size_t index, struct resolve_totals *totals, tamis_err *err)
{
    const struct ledger_part *const part = &r->ledger->parts[index];
    struct path path;
    struct file_out *f = NULL;
    tamis_status status = path_make(&path, err, "%s/part-%06zu/resolve.npy", r->ledger->folder, index);
    status = status ? status : resolving_pause(r, 0, err);
    if (status) {
        return status;
    }
    status = r->run->scratch ? file_out_open_loose(&f, path.at, err) : file_out_open(&f, path.at, err);
    if (status) {
        return status;
    }
    status = npy_begin(f, path.at, RESOLVE_DTYPE, sizeof(struct resolve_row), part->count, err);
    status = status ? status : write_rows(r, part, f, totals, err);
    if (status) {
        file_out_discard(f);
        return status;
    }
    return file_out_commit(f, err);
}

struct outcome {
    tamis_status status;
    size_t part; /* the first that failed */
    tamis_err err;
};

static void note(struct outcome *o, struct resolve_totals *totals, size_t part, tamis_status status,
                 const tamis_err *err, const struct resolve_totals *own)
{
#pragma omp critical(tamis_outcome)
    {
        totals->exact += own->exact;
        totals->minhash += own->minhash;
        totals->held_out += own->held_out;
        if (status && (!o->status || part < o->part)) {
            *o = (struct outcome){.status = status, .part = part, .err = *err};
        }
    }
}

tamis_status outcome_write(struct resolving *r, tamis_err *err)
{
    struct outcome outcome = {0};
#pragma omp parallel for num_threads(r->run->threads ? r->run->threads : 1) schedule(dynamic, 1) \
    if (r->ledger->documents >= RESOLVE_MANY)
    for (uint64_t i = 0; i < r->stretches.count; i++) {
        mark_clusters(r, &r->stretches.at[i]);
    }
#pragma omp parallel for num_threads(r->run->threads ? r->run->threads : 1) schedule(dynamic, 1)
    for (size_t p = 0; p < r->ledger->part_count; p++) {
        struct resolve_totals own = {0};
        tamis_err failure = {0};
        const tamis_status status = write_part(r, p, &own, &failure);
        note(&outcome, r->totals, p, status, &failure, &own);
    }
    if (outcome.status && err) {
        *err = outcome.err;
    }
    return outcome.status;
}
