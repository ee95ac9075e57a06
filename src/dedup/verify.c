/*
 * Verification: the exact Jaccard similarity of every candidate pair. The candidates are read again in one sequential
 * pass, their shingle sets kept in memory or on disk, then pairs are compared block by block.
 *
 * Threads work on chunks of documents and inside a block of pairs only; results are handed on in their order. The
 * similarity is the quotient of two counts as doubles, rounded once: the same everywhere.
 */
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "dedup/resolving.h"
#include "dedup/sets.h"
#include "run/visit.h"

/* ---- The second read -------------------------------------------------------------------------------------------- */

struct gather {
    struct resolving *r;
    struct sets *sets;
    struct gatherer {
        tamis_text *text;
        struct shingles made;
    } *threads;
};

static bool is_candidate(void *context, uint64_t number)
{
    const struct gather *const g = context;
    return bits_has(g->r->candidates.bits, number);
}

static tamis_status make_shingles(void *context, unsigned thread, uint64_t number, const struct record *record,
                                  struct buf *made, tamis_err *err)
{
    const struct gather *const g = context;
    struct gatherer *const mine = &g->threads[thread];
    if (record->reject) {
        const struct survey_row *const row = ledger_survey(g->r->ledger, number);
        return tamis_fail(err, TAMIS_INPUT, "%s: the record at byte %llu has changed since the survey; restore the "
                          "file, or remove %s and run again", g->r->run->inputs->at[row->part].path,
                          (unsigned long long)row->offset, g->r->run->folder);
    }
    tamis_text_set(mine->text, record->text);
    bool fine = shingles_make(&mine->made, mine->text, (unsigned)g->r->run->recipe->dedup.shingle);
    if (fine) {
        shingles_sort(&mine->made);
        fine = buf_add(made, mine->made.at, mine->made.count * sizeof *mine->made.at);
    }
    return fine ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for the shingles of a document; close other "
                                        "programs or lower --threads");
}

static tamis_status keep_set(void *context, uint64_t number, tamis_str made, tamis_err *err)
{
    const struct gather *const g = context;
    (void)number;
    const struct shingles set = {.at = (uint64_t *)(uintptr_t)made.at, .count = made.len / sizeof *set.at};
    return sets_add(g->sets, &set, err);
}

static bool gather_init(struct gather *g, struct resolving *r, struct sets *sets)
{
    *g = (struct gather){.r = r, .sets = sets, .threads = calloc(r->run->threads + 1u, sizeof *g->threads)};
    bool fine = g->threads != NULL;
    for (unsigned t = 0; fine && t <= r->run->threads; t++) {
        g->threads[t].text = tamis_text_new();
        fine = g->threads[t].text != NULL;
    }
    return fine;
}

static void gather_release(struct gather *g)
{
    for (unsigned t = 0; g->threads && t <= g->r->run->threads; t++) {
        tamis_text_free(g->threads[t].text);
        shingles_release(&g->threads[t].made);
    }
    free(g->threads);
}

static uint64_t input_bytes(const struct inputs *inputs)
{
    uint64_t total = 0;
    for (size_t i = 0; i < inputs->count; i++) {
        total += inputs->at[i].bytes;
    }
    return total;
}

static tamis_status read_sets(struct resolving *r, struct sets *sets, tamis_err *err)
{
    struct gather g;
    tamis_status status = TAMIS_OK;
    if (!gather_init(&g, r, sets)) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for reading documents again; close other programs");
    }
    progress_stage(r->run->progress, "verify", "bytes", input_bytes(r->run->inputs));
    const struct visit visit = {
        .wants = is_candidate, .parse = true, .work = make_shingles, .take = keep_set, .context = &g};
    status = status ? status : visit_records(r->run, r->ledger, &visit, err);
    status = status ? status : sets_finish(sets, err);
    gather_release(&g);
    if (!status && sets->count != r->candidates.count) {
        return tamis_fail(err, TAMIS_INTERNAL, "%llu documents were read again where %llu were wanted; please report "
                          "this", (unsigned long long)sets->count, (unsigned long long)r->candidates.count);
    }
    return status;
}

/* ---- Comparing -------------------------------------------------------------------------------------------------- */

#define BLOCK_PAIRS 8192

struct compared {
    uint64_t later, earlier; /* the higher number and the lower one */
    double similarity;
};

/* One thread's: the document of the higher number stays the same for several pairs on end. */
struct comparer {
    struct shingles space_later, space_earlier, later;
    uint64_t later_number;
    bool loaded;
};

static int compare(const struct resolving *r, const struct sets *sets, struct comparer *c, struct compared *pair)
{
    if (!c->loaded || c->later_number != pair->later) {
        const int error = sets_get(sets, roster_index(&r->candidates, pair->later), &c->space_later, &c->later);
        if (error) {
            return error;
        }
        c->later_number = pair->later;
        c->loaded = true;
    }
    struct shingles earlier;
    const int error = sets_get(sets, roster_index(&r->candidates, pair->earlier), &c->space_earlier, &earlier);
    if (error) {
        return error;
    }
    uint64_t common, either;
    shingles_compare(&c->later, &earlier, &common, &either);
    pair->similarity = either ? (double)common / (double)either : 0;
    return 0;
}

static int compare_block(const struct resolving *r, const struct sets *sets, struct compared *block, size_t count)
{
    int failed = 0;
#pragma omp parallel num_threads(r->run->threads ? r->run->threads : 1) reduction(max : failed)
    {
        struct comparer comparer = {.loaded = false};
#pragma omp for schedule(dynamic, 64)
        for (size_t i = 0; i < count; i++) {
            const int error = compare(r, sets, &comparer, &block[i]);
            failed = error > failed ? error : failed;
        }
        shingles_release(&comparer.space_later);
        shingles_release(&comparer.space_earlier);
    }
    return failed;
}

static tamis_status next_block(struct sorter *pairs, struct compared *block, size_t *count, tamis_err *err)
{
    *count = 0;
    while (*count < BLOCK_PAIRS) {
        const uint64_t *row = NULL;
        const tamis_status status = sorter_next(pairs, &row, err);
        if (status || !row) {
            return status;
        }
        block[(*count)++] = (struct compared){.later = pair_unpack(row[0]), .earlier = row[1]};
    }
    return TAMIS_OK;
}

static tamis_status hand_on(struct resolving *r, const struct compared *block, size_t count, struct sorter *verified,
                            tamis_err *err)
{
    for (size_t i = 0; i < count; i++) {
        const uint64_t a = resolving_rank(r, block[i].later), b = resolving_rank(r, block[i].earlier);
        uint64_t row[3] = {a > b ? a : b, a > b ? b : a};
        memcpy(&row[2], &block[i].similarity, sizeof row[2]);
        const tamis_status status = sorter_add(verified, row, err);
        if (status) {
            return status;
        }
    }
    r->totals->pairs += count;
    progress_update(r->run->progress, r->totals->pairs, r->totals->pairs);
    return TAMIS_OK;
}

static tamis_status compare_all(struct resolving *r, const struct sets *sets, struct sorter *pairs,
                                struct sorter *verified, tamis_err *err)
{
    struct compared *const block = malloc(BLOCK_PAIRS * sizeof *block);
    if (!block) {
        return tamis_fail(err, TAMIS_IO, "out of memory for comparing documents; close other programs");
    }
    tamis_status status = TAMIS_OK;
    size_t count = 0;
    do {
        status = resolving_pause(r, 0, err);
        status = status ? status : next_block(pairs, block, &count, err);
        if (!status) {
            const int error = compare_block(r, sets, block, count);
            status = error ? file_fail(err, error, "cannot read temporary shingles in", r->run->tmp)
                           : hand_on(r, block, count, verified, err);
        }
    } while (!status && count);
    free(block);
    return status ? status : sorter_finish(verified, err);
}

tamis_status verify_pairs(struct resolving *r, struct sorter *pairs, struct sorter **verified, tamis_err *err)
{
    struct sets sets;
    tamis_status status = sets_init(&sets, r->candidates.count, r->run->tmp, r->memory / 2, err);
    status = status ? status : read_sets(r, &sets, err);
    const uint64_t last_rank = r->candidates.count ? r->candidates.count - 1 : 0;
    status = status ? status : resolving_sorter(verified, r, "verified", 3, last_rank, r->memory / 8, err);
    if (!status) {
        progress_stage(r->run->progress, "compare", "pairs", sorter_count(pairs));
        status = compare_all(r, &sets, pairs, *verified, err);
    }
    sets_release(&sets);
    return status;
}
