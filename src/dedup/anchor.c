/*
 * Who goes. Candidates are taken in keeper order; each is dropped by the first document still kept whose verified
 * similarity with it reaches the threshold of the two, else it is kept for good. So a dropped document is itself
 * similar to its keeper: a chain of small steps drops nobody at its far end.
 *
 * Without verification a candidate is dropped by the first of its connected component.
 */
#include <math.h>
#include <string.h>

#include "dedup/resolving.h"

static tamis_status near_init(struct resolving *r, tamis_err *err)
{
    if (!clusters_init(&r->near, r->candidates.count, true)) {
        return tamis_fail(err, TAMIS_IO, "out of memory for clusters of %llu documents; close other programs",
                          (unsigned long long)r->candidates.count);
    }
    return TAMIS_OK;
}

static bool may_drop(const struct resolving *r, uint64_t rank_a, uint64_t rank_b)
{
    const struct recipe *const recipe = r->run->recipe;
    return recipe->dedup.scope != SCOPE_DOMAIN ||
           recipe->sources[r->source[rank_a]].domain == recipe->sources[r->source[rank_b]].domain;
}

static bool is_similar(const struct resolving *r, uint64_t earlier, uint64_t later, double similarity)
{
    return may_drop(r, earlier, later) &&
           similarity >= recipe_threshold(r->run->recipe, r->source[earlier], r->source[later]);
}

static void judge(struct resolving *r, uint64_t earlier, uint64_t later, double similarity)
{
    const uint64_t a = r->order[earlier], b = r->order[later];
    const bool similar = is_similar(r, earlier, later, similarity);
    if (similar || similarity >= HOLDOUT_APART) {
        clusters_join(&r->near, earlier, later);
    }
    if (!similar) {
        return;
    }
    r->totals->similar++;
    bits_set(r->clustered, a);
    bits_set(r->clustered, b);
    if (resolving_keeper(r, a) == LEDGER_NOBODY && resolving_keeper(r, b) == LEDGER_NOBODY) {
        resolving_drop(r, b, a);
        r->similarity[later] = similarity;
    }
}

/* Rows come sorted by the later document, then the earlier: all of `earlier` is decided when it is asked about. */
tamis_status anchor_verified(struct resolving *r, struct sorter *verified, tamis_err *err)
{
    tamis_status status = near_init(r, err);
    for (uint64_t step = 0; !status; step++) {
        const uint64_t *row = NULL;
        status = resolving_pause(r, step, err);
        status = status ? status : sorter_next(verified, &row, err);
        if (status || !row) {
            break;
        }
        double similarity;
        memcpy(&similarity, &row[2], sizeof similarity);
        judge(r, row[1], row[0], similarity);
        if (r->sink) {
            status = r->sink->add(r->sink->context, r->order[row[1]], r->order[row[0]], similarity, err);
        }
    }
    return status;
}

tamis_status anchor_unverified(struct resolving *r, struct sorter *pairs, tamis_err *err)
{
    struct clusters same = {0};
    tamis_status status = near_init(r, err);
    if (!status && !clusters_init(&same, r->candidates.count, false)) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for clusters; close other programs");
    }
    for (uint64_t step = 0; !status; step++) {
        const uint64_t *row = NULL;
        status = resolving_pause(r, step, err);
        status = status ? status : sorter_next(pairs, &row, err);
        if (status || !row) {
            break;
        }
        const uint64_t a = resolving_rank(r, pair_unpack(row[0])), b = resolving_rank(r, row[1]);
        r->totals->pairs++;
        clusters_join(&r->near, a, b);
        if (may_drop(r, a, b)) {
            clusters_join(&same, a, b);
        }
    }
    for (uint64_t rank = 0; !status && rank < r->candidates.count; rank++) {
        const uint64_t root = clusters_root(&same, rank);
        if (root != rank) {
            resolving_drop(r, r->order[rank], r->order[root]);
            r->similarity[rank] = NAN;
        }
    }
    clusters_release(&same);
    return status;
}
