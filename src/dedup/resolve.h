/*
 * Resolve: which documents are copies of which, and which are held out. Writes resolve.npy in every ledger part.
 *
 * 1. Exact duplicates are folded: in each class of equal hashes (within the scope) the first in keeper order stands
 *    for all. A class takes the strictest threshold of its members' sources.
 * 2. Band keys are compared, one band at a time. In each bucket (documents that share a band key) in keeper order, each
 *    document is paired with the first 8 and the 24 just before it; what that leaves out is counted.
 * 3. Pairs are verified by the exact Jaccard of their shingle sets, made in one sequential re-read of the parts that
 *    hold candidates.
 * 4. In keeper order, a document is dropped by the first kept document whose verified Jaccard with it reaches the
 *    threshold of the pair; otherwise it is kept. With VERIFY_NONE: connected components, keeper the first of each.
 * 5. Hold-out: clusters (kept documents joined by verified pairs of Jaccard >= HOLDOUT_APART) in the order of
 *    hash(seed, smallest id), a cluster as a whole or not at all, until each domain has its share.
 */
#ifndef TAMIS_DEDUP_RESOLVE_H
#define TAMIS_DEDUP_RESOLVE_H

#include "run/run.h"

#define RESOLVE_BUCKET_FIRST 8
#define RESOLVE_BUCKET_NEAR 24
#define HOLDOUT_APART 0.5

struct resolve_totals {
    uint64_t exact, minhash;       /* documents dropped */
    uint64_t held_out;
    uint64_t candidates, pairs;    /* documents and distinct pairs that were compared */
    uint64_t capped;               /* pairs that the caps on a bucket left out */
    uint64_t similar;              /* pairs at or over their threshold */
    uint64_t spilled_bytes;        /* of sorting */
};

/* Called once for every verified pair, in a fixed order; a before b in keeper order. May be NULL. */
struct pair_sink {
    tamis_status (*add)(void *context, uint64_t a, uint64_t b, double jaccard, tamis_err *err);
    void *context;
};

/* Needs LEDGER_SURVEY, LEDGER_BANDS and, when the keeper order asks, LEDGER_NUMBERS mapped. */
tamis_status resolve(const struct run *run, const struct ledger *ledger, const struct pair_sink *pairs,
                     struct resolve_totals *totals, tamis_err *err) TAMIS_MUST_CHECK;

#endif
