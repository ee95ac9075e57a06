/*
 * Keeper order: which of two similar documents stays. The recipe's list of keys, then the number.
 */
#ifndef TAMIS_DEDUP_KEEPER_H
#define TAMIS_DEDUP_KEEPER_H

#include "run/ledger.h"

/* True when `a` comes before `b`. A total order. */
bool keeper_before(const struct ledger *ledger, const struct recipe_dedup *dedup, uint64_t a, uint64_t b);
/* Sorts numbers that stand in ascending order; takes 16 bytes for each while it works. False: no memory. */
bool keeper_sort(const struct ledger *ledger, const struct recipe_dedup *dedup, uint64_t *numbers, uint64_t count)
    TAMIS_MUST_CHECK;

#endif
