/*
 * What the steps of resolve() share: one struct that grows from step to step, in the order of the functions below.
 *
 * Memory per document: 5 bytes for `keeper` and 5 bits for sets of documents, three of them to the end. While documents
 * are compared by their keys, 17 bytes more, whatever the number of threads: 23 at most. (Few documents may take 16 MiB
 * in all instead of 17 bytes each, and where half of `memory` is less it is that half.) Memory per candidate (a
 * document that met another in a bucket), once those 17 are free again: 16 bytes for the two orders, 8 for its
 * similarity, 2 for its source, 8 for the place of its shingles while pairs are compared, afterwards 16 for its
 * cluster, 8 more where pairs are not verified; 16 more while the order is made. A key that very many documents share
 * takes up to 48 bytes for each of them while it is worked on, whatever `memory` is, and the bucket or class they form
 * up to 32. Everything else stays within `memory`: pairs being collected and sorted, an eighth of it each, and shingle
 * sets go to disk beyond that. What a thread takes is in meet.h.
 */
#ifndef TAMIS_DEDUP_RESOLVING_H
#define TAMIS_DEDUP_RESOLVING_H

#include "core/narrow.h"
#include "dedup/clusters.h"
#include "dedup/pairs.h"
#include "dedup/resolve.h"
#include "dedup/roster.h"
#include "dedup/stretches.h"

#define RESOLVE_BYTES_PER_DOCUMENT 6u
#define RESOLVE_BYTES_PER_CANDIDATE 50u
#define RESOLVE_MANY ((uint64_t)1 << 19) /* documents: fewer are looked through by one thread sooner than by several */
#define RESOLVE_LEAST_ROWS ((uint64_t)16 << 20)

struct resolving {
    const struct run *run;
    const struct ledger *ledger;
    const struct pair_sink *sink; /* NULL: nobody asks */
    struct resolve_totals *totals;
    size_t memory;            /* bytes for sorting and shingle sets */
    struct stretches stretches;
    struct narrow keeper;     /* per document: who stands for it; see resolving_keeper() */
    uint64_t *clustered, *held_out; /* sets of documents, see bits_set() */
    struct roster candidates; /* indexed in number order */
    uint64_t *order;          /* numbers of the candidates in keeper order; a place in it is a rank */
    uint64_t *rank;           /* by index in `candidates` */
    uint16_t *source;         /* by rank: whose threshold counts, the strictest of its exact copies */
    double *similarity;       /* by rank: with the keeper of a candidate that was dropped */
    struct clusters near;     /* of ranks: what the hold-out must not part */
};

/* exact.c: the first of each class of equal hashes becomes the keeper of the others. */
tamis_status exact_fold(struct resolving *r, tamis_err *err) TAMIS_MUST_CHECK;
/* buckets.c: rows (pair_pack(a), b) in a sorter without repeats, a > b; the candidates. */
tamis_status buckets_pair(struct resolving *r, struct sorter **pairs, tamis_err *err) TAMIS_MUST_CHECK;
/* verify.c: from those pairs to rows (later, earlier, bits of the Jaccard similarity), by rank. */
tamis_status verify_pairs(struct resolving *r, struct sorter *pairs, struct sorter **verified, tamis_err *err)
    TAMIS_MUST_CHECK;
/* anchor.c: who is dropped by whom, and what is near to what. */
tamis_status anchor_verified(struct resolving *r, struct sorter *verified, tamis_err *err) TAMIS_MUST_CHECK;
tamis_status anchor_unverified(struct resolving *r, struct sorter *pairs, tamis_err *err) TAMIS_MUST_CHECK;
/* anchor_datatrove.c: the same by the rules of datatrove, which the candidates are read again for. */
tamis_status anchor_datatrove(struct resolving *r, tamis_err *err) TAMIS_MUST_CHECK;
/* holdout.c */
tamis_status holdout_draw(struct resolving *r, tamis_err *err) TAMIS_MUST_CHECK;

/* outcome.c: resolve.npy of every part. */
tamis_status outcome_write(struct resolving *r, tamis_err *err) TAMIS_MUST_CHECK;

static inline uint64_t resolving_rank(const struct resolving *r, uint64_t number)
{
    return r->rank[roster_index(&r->candidates, number)];
}

/* LEDGER_NOBODY: it stands for itself. */
static inline uint64_t resolving_keeper(const struct resolving *r, uint64_t number)
{
    return narrow_get(&r->keeper, number);
}

/* Threads may drop different documents. */
static inline void resolving_drop(struct resolving *r, uint64_t number, uint64_t keeper)
{
    narrow_set(&r->keeper, number, keeper);
}

/* Kept by the filters, and no copy of a document met so far. */
static inline bool resolving_stands(const struct resolving *r, const struct survey_row *row, uint64_t number)
{
    return row->rule == 0 && resolving_keeper(r, number) == LEDGER_NOBODY;
}

/* Bytes for documents that are compared by keys: a column's worth, or RESOLVE_LEAST_ROWS for the columns of several
   threads, where memory allows. */
size_t resolving_rows_memory(const struct resolving *r);
/* A sorter of `words` that may hold a share of the memory. */
tamis_status resolving_sorter(struct sorter **s, const struct resolving *r, const char *name, unsigned words,
                              uint64_t top, size_t memory, tamis_err *err) TAMIS_MUST_CHECK;
/* Every 65,536th step: has somebody asked to stop? */
tamis_status resolving_pause(const struct resolving *r, uint64_t step, tamis_err *err) TAMIS_MUST_CHECK;
/* Adds what a sorter spilled to the totals and frees it; accepts NULL. */
void resolving_close_sorter(const struct resolving *r, struct sorter *s);

#endif
