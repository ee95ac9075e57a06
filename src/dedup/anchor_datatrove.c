/*
 * Who stays by the rules of datatrove 0.10. Documents whose values of a band are equal are one cluster, and of a
 * cluster the one stays that happens to be the root of its union-find: sets are joined band by band, in a band in
 * ascending order of the values, and among documents of equal values each with the next; of two sets the root of the
 * larger remains, of equally large ones that of the earlier document. So the values themselves are needed, in their
 * order; band keys, which told the candidates, do not have it. Candidates are read again and their values sorted.
 *
 * The order of documents is that of their numbers, as when one worker of datatrove reads one file, or every worker a
 * file of its own in the same order. The number of its workers for a band makes no difference.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dedup/resolving.h"
#include "run/visit.h"
#include "sketch/compat_datatrove.h"

/* A row to be sorted: the band and the first value but its last bit, all values, the number. */
#define ROW_WORDS (COMPAT_ROWS + 2)
#define BAND_SHIFT 60u

struct again {
    struct resolving *r;
    struct compat **tools; /* per thread */
    struct sorter *values;
    uint64_t *link; /* by rank: the next towards the root; of a root its size, marked by IS_ROOT */
};

#define IS_ROOT ((uint64_t)1 << 63)

/* ---- Sets ------------------------------------------------------------------------------------------------------- */

static uint64_t root_of(uint64_t *link, uint64_t rank)
{
    while (!(link[rank] & IS_ROOT)) {
        const uint64_t next = link[rank];
        if (!(link[next] & IS_ROOT)) {
            link[rank] = link[next];
        }
        rank = next;
    }
    return rank;
}

static void join(uint64_t *link, uint64_t earlier, uint64_t later)
{
    uint64_t a = root_of(link, earlier), b = root_of(link, later);
    if (a == b) {
        return;
    }
    const uint64_t size_a = link[a] & ~IS_ROOT, size_b = link[b] & ~IS_ROOT;
    if (size_a < size_b) {
        const uint64_t swapped = a;
        a = b;
        b = swapped;
    }
    link[a] = (size_a + size_b) | IS_ROOT;
    link[b] = a;
}

/* ---- The second read -------------------------------------------------------------------------------------------- */

static bool is_candidate(void *context, uint64_t number)
{
    const struct again *const g = context;
    return bits_has(g->r->candidates.bits, number);
}

static tamis_status sign(void *context, unsigned thread, uint64_t number, const struct record *record,
                         struct buf *made, tamis_err *err)
{
    const struct again *const g = context;
    uint64_t signature[COMPAT_SLOTS];
    bool is_signed = false;
    if (!record->reject && !compat_signature(g->tools[thread], record->text, signature, &is_signed)) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the signature of a document; close other programs or "
                          "lower --threads");
    }
    if (!is_signed) {
        const struct survey_row *const row = ledger_survey(g->r->ledger, number);
        return tamis_fail(err, TAMIS_INPUT, "%s: the record at byte %llu has changed since the survey; restore the "
                          "file, or remove %s and run again", g->r->run->inputs->at[row->part].path,
                          (unsigned long long)row->offset, g->r->run->folder);
    }
    return buf_add(made, signature, sizeof signature)
               ? TAMIS_OK
               : tamis_fail(err, TAMIS_IO, "out of memory for the signature of a document; close other programs");
}

static tamis_status keep_values(void *context, uint64_t number, tamis_str made, tamis_err *err)
{
    const struct again *const g = context;
    tamis_status status = TAMIS_OK;
    for (unsigned band = 0; !status && band < COMPAT_BANDS; band++) {
        uint64_t row[ROW_WORDS];
        memcpy(&row[1], made.at + band * COMPAT_ROWS * sizeof *row, COMPAT_ROWS * sizeof *row);
        row[0] = (uint64_t)band << BAND_SHIFT | row[1] >> 1;
        row[ROW_WORDS - 1] = number;
        status = sorter_add(g->values, row, err);
    }
    return status;
}

static tamis_status read_values(struct again *g, tamis_err *err)
{
    const struct run *const run = g->r->run;
    const struct visit visit = {
        .wants = is_candidate, .parse = true, .work = sign, .take = keep_values, .context = g};
    const uint64_t top = (uint64_t)COMPAT_BANDS << BAND_SHIFT;
    tamis_status status = resolving_sorter(&g->values, g->r, "values", ROW_WORDS, top, g->r->memory / 4, err);
    progress_stage(run->progress, "signatures", "bytes", 0);
    status = status ? status : visit_records(run, g->r->ledger, &visit, err);
    return status ? status : sorter_finish(g->values, err);
}

/* ---- Clusters --------------------------------------------------------------------------------------------------- */

static tamis_status join_equal(struct again *g, tamis_err *err)
{
    uint64_t last[ROW_WORDS] = {0};
    for (uint64_t step = 0;; step++) {
        const uint64_t *row = NULL;
        tamis_status status = resolving_pause(g->r, step, err);
        status = status ? status : sorter_next(g->values, &row, err);
        if (status || !row) {
            return status;
        }
        if (step > 0 && memcmp(last, row, (ROW_WORDS - 1) * sizeof *row) == 0) {
            const uint64_t earlier = resolving_rank(g->r, last[ROW_WORDS - 1]);
            const uint64_t later = resolving_rank(g->r, row[ROW_WORDS - 1]);
            join(g->link, earlier, later);
            clusters_join(&g->r->near, earlier, later);
            g->r->totals->pairs++;
        }
        memcpy(last, row, sizeof last);
    }
}

static void drop_all_but_roots(struct again *g)
{
    struct resolving *const r = g->r;
    for (uint64_t rank = 0; rank < r->candidates.count; rank++) {
        const uint64_t root = root_of(g->link, rank);
        if (root != rank) {
            resolving_drop(r, r->order[rank], r->order[root]);
            r->similarity[rank] = NAN;
        }
    }
}

static bool again_init(struct again *g)
{
    const struct resolving *const r = g->r;
    const unsigned threads = r->run->threads + 1u;
    g->link = malloc(((size_t)r->candidates.count + 1) * sizeof *g->link);
    g->tools = calloc(threads, sizeof *g->tools);
    bool fine = g->link && g->tools;
    for (uint64_t rank = 0; fine && rank < r->candidates.count; rank++) {
        g->link[rank] = 1 | IS_ROOT;
    }
    for (unsigned t = 0; fine && t < threads; t++) {
        g->tools[t] = compat_new();
        fine = g->tools[t] != NULL;
    }
    return fine;
}

static void again_release(struct again *g)
{
    for (unsigned t = 0; g->tools && t <= g->r->run->threads; t++) {
        compat_free(g->tools[t]);
    }
    free(g->tools);
    free(g->link);
    resolving_close_sorter(g->r, g->values);
}

tamis_status anchor_datatrove(struct resolving *r, tamis_err *err)
{
    struct again g = {.r = r};
    tamis_status status = TAMIS_OK;
    if (!again_init(&g) || !clusters_init(&r->near, r->candidates.count, true)) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for clusters of %llu documents; close other programs",
                            (unsigned long long)r->candidates.count);
    }
    status = status ? status : read_values(&g, err);
    status = status ? status : join_equal(&g, err);
    if (!status) {
        drop_all_but_roots(&g);
        r->totals->capped = 0; /* pairs that were left out are joined by the values */
    }
    again_release(&g);
    return status;
}
