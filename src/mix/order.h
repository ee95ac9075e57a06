/*
 * Documents in the order of a 64-bit key, ties by (id bytes, number): a sorter whose rows open with (key, number).
 * Keys are hashes of ids, so a tie is almost always one id that many documents bear. A tie is held in memory up to
 * ORDER_TIE rows; past that, rows come as they are, and two ids out of their order are an error, not a wrong order.
 */
#ifndef TAMIS_MIX_ORDER_H
#define TAMIS_MIX_ORDER_H

#include "run/run.h"

#define ORDER_WORDS 3 /* key, number, and one word of the caller's, which orders rows of one number */
#define ORDER_TIE ((size_t)1 << 16)

struct sorter;

struct order {
    const struct ledger *ledger;
    struct sorter *sorter;
    uint64_t *tie; /* rows of one key */
    size_t count, at, cap;
    uint64_t ahead[ORDER_WORDS]; /* the first row of the next key, when there is one */
    bool has_ahead;
    bool has_last;
    uint64_t last[ORDER_WORDS]; /* what was handed out before */
};

/* `name` is unique among the sorters of the run at that time. Release the order even after a failure. */
tamis_status order_open(struct order *o, const struct run *run, const struct ledger *ledger, const char *name,
                        size_t memory, tamis_err *err) TAMIS_MUST_CHECK;
tamis_status order_add(struct order *o, const uint64_t row[ORDER_WORDS], tamis_err *err) TAMIS_MUST_CHECK;
tamis_status order_finish(struct order *o, tamis_err *err) TAMIS_MUST_CHECK;
/* The next row, NULL at the end. Valid until the next call. */
tamis_status order_next(struct order *o, const uint64_t **row, tamis_err *err) TAMIS_MUST_CHECK;
void order_release(struct order *o);

#endif
