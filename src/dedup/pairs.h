/*
 * Pairs of documents, each of which is met in many bands: a set in memory, and a sorter for the end and for what the
 * set has no room for.
 */
#ifndef TAMIS_DEDUP_PAIRS_H
#define TAMIS_DEDUP_PAIRS_H

#include "core/sorter.h"

struct pair {
    uint64_t later, earlier; /* numbers, the higher one and the lower one */
};

struct pairs {
    struct pair *slots;    /* `later` 0: free */
    size_t count, room;    /* room: a power of two */
    size_t most;           /* slots */
    struct sorter *sorter; /* borrowed; rows (pair_pack(later), earlier), unique */
};

/* Takes up to `memory` bytes, growing with the pairs; at least 32 KiB. */
void pairs_init(struct pairs *p, struct sorter *sorter, size_t memory);
void pairs_release(struct pairs *p);
/* *fresh: not in the set so far. Pairs are told apart, but one may be fresh more than once. */
tamis_status pairs_add(struct pairs *p, struct pair pair, bool *fresh, tamis_err *err) TAMIS_MUST_CHECK;
/* Fetches the place of a pair that will be added soon. */
void pairs_expect(const struct pairs *p, struct pair pair);
/* Everything into the sorter, which is left open; the set is empty afterwards and holds no memory. */
tamis_status pairs_finish(struct pairs *p, tamis_err *err) TAMIS_MUST_CHECK;

/* A bijection that spreads numbers evenly over 64 bits, as a sorter wants its first word, and its way back. */
static inline uint64_t pair_pack(uint64_t number)
{
    return number * 0x9e3779b97f4a7c15u;
}

static inline uint64_t pair_unpack(uint64_t packed)
{
    return packed * 0xf1de83e19937733du; /* the inverse of the factor above modulo 2^64 */
}

#endif
