/*
 * Placement: target, shard and position of every use of every document, from the ledger and the plan alone.
 * Sorted by place first, to cut the shards; then by number, for the one sequential read.
 */
#ifndef TAMIS_MIX_PLACE_H
#define TAMIS_MIX_PLACE_H

#include "mix/plan.h"

#define PLACE_SHARDS_MAX ((uint64_t)1 << 20)

struct sorter;

struct placement {
    struct sorter *by_number; /* rows (number, place_pack()), finished: the reader calls sorter_next() */
    uint64_t *shards;         /* per target index */
    uint64_t lines, bytes;    /* of all shards, repeats and newlines counted, as the survey knows the lines */
    uint64_t largest;         /* bytes of the largest shard, newlines counted, as the survey knows the lines */
};

struct place {
    unsigned target;
    uint32_t shard, position;
};

/* Needs LEDGER_SURVEY and LEDGER_MIX mapped. Release the placement even after a failure. */
tamis_status place_documents(struct placement *p, const struct run *run, const struct ledger *ledger,
                             const struct plan *plan, tamis_err *err) TAMIS_MUST_CHECK;
void placement_release(struct placement *p);

struct place place_unpack(uint64_t packed);

/*
 * How far along the target the use number `repeat` (from 0) of a document lies, as a fraction of 2^64. `draw` is its
 * draw_key(). The last, partial epoch fills its own length evenly, so the fraction stays below 1.
 */
uint64_t place_key(uint64_t draw, uint64_t repeat, const struct plan_need *need);

#endif
