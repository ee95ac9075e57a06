/*
 * What the steps of resolve() share: one struct that grows from step to step, in the order of the functions below.
 *
 * Memory per document: 8 bytes for `keeper` and less than one byte for sets of documents. While documents are
 * compared by their keys, 32 bytes more or what half of `memory` holds, whichever is less. Memory per candidate (a
 * document that met another in a bucket): 16 bytes for the two orders, 8 for the place of its shingles while pairs
 * are compared, afterwards 8 for its similarity and 16 for its cluster, 2 for its domain; 32 while the order is made.
 * A bucket or a class takes 24 bytes for each of its members while it is worked on, whatever `memory` is. Everything
 * else stays within `memory`: pairs being sorted and shingle sets go to disk beyond that.
 */
#ifndef TAMIS_DEDUP_RESOLVING_H
#define TAMIS_DEDUP_RESOLVING_H

#include "core/sorter.h"
#include "dedup/clusters.h"
#include "dedup/resolve.h"
#include "dedup/roster.h"

#define RESOLVE_BYTES_PER_DOCUMENT 9u
#define RESOLVE_BYTES_PER_CANDIDATE 50u

struct resolving {
    const struct run *run;
    const struct ledger *ledger;
    const struct pair_sink *sink; /* NULL: nobody asks */
    struct resolve_totals *totals;
    size_t memory;            /* bytes for sorting and shingle sets */
    uint64_t *keeper;         /* per document: who stands for it, LEDGER_NOBODY: it stands for itself */
    uint64_t *clustered, *held_out; /* sets of documents, see bits_set() */
    struct roster candidates; /* indexed in number order */
    uint64_t *order;          /* numbers of the candidates in keeper order; a place in it is a rank */
    uint64_t *rank;           /* by index in `candidates` */
    uint16_t *domain;         /* by rank: whose threshold counts, the strictest of its exact copies */
    double *similarity;       /* by rank: with the keeper of a candidate that was dropped */
    struct clusters near;     /* of ranks: what the hold-out must not part */
};

/* exact.c: the first of each class of equal hashes becomes the keeper of the others. */
tamis_status exact_fold(struct resolving *r, tamis_err *err) TAMIS_MUST_CHECK;
/* buckets.c: rows (pair_pack(later), earlier) in a sorter without repeats; the candidates. */
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

/* A bijection that spreads numbers evenly over 64 bits, as a sorter wants its first word, and its way back. */
static inline uint64_t pair_pack(uint64_t number)
{
    return number * 0x9e3779b97f4a7c15u;
}

static inline uint64_t pair_unpack(uint64_t packed)
{
    return packed * 0xf1de83e19937733du; /* the inverse of the factor above modulo 2^64 */
}

static inline uint64_t resolving_rank(const struct resolving *r, uint64_t number)
{
    return r->rank[roster_index(&r->candidates, number)];
}

/* Kept by the filters, and no copy of a document met so far. */
static inline bool resolving_stands(const struct resolving *r, const struct survey_row *row, uint64_t number)
{
    return row->rule == 0 && r->keeper[number] == LEDGER_NOBODY;
}

/* Bytes for documents that are compared by keys: more than two columns' worth would be of no use. */
size_t resolving_rows_memory(const struct resolving *r);
/* A sorter of `words` that may hold a share of the memory. */
tamis_status resolving_sorter(struct sorter **s, const struct resolving *r, const char *name, unsigned words,
                              uint64_t top, size_t memory, tamis_err *err) TAMIS_MUST_CHECK;
/* Every 65,536th step: has somebody asked to stop? */
tamis_status resolving_pause(const struct resolving *r, uint64_t step, tamis_err *err) TAMIS_MUST_CHECK;
/* Adds what a sorter spilled to the totals and frees it; accepts NULL. */
void resolving_close_sorter(const struct resolving *r, struct sorter *s);

#endif
