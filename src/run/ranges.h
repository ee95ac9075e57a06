/*
 * Text that follows from the ledger alone, such as lists of documents: made of many documents on several threads,
 * written in number order.
 */
#ifndef TAMIS_RUN_RANGES_H
#define TAMIS_RUN_RANGES_H

#include "run/run.h"

#define RANGE_ROWS 2048 /* of one part, at most, .. */
#define RANGE_ID_BYTES ((uint64_t)1 << 20) /* .. with ids of so many bytes together, or one document */

struct range {
    const struct ledger_part *part;
    size_t from, to; /* rows */
};

struct ranges {
    void *context;
    size_t texts; /* that are made of each range */
    /* Parallel: appends to `made`, of which there are `texts`, empty. */
    tamis_status (*make)(void *context, struct range range, struct buf *made, tamis_err *err);
    /* Serial, in number order. */
    tamis_status (*take)(void *context, const struct buf *made, tamis_err *err);
};

/* Over all documents of the ledger, on run->threads threads; not more than 2 x threads + 1 ranges are held at once. */
tamis_status ranges_run(const struct ranges *ranges, const struct run *run, const struct ledger *ledger,
                        tamis_err *err) TAMIS_MUST_CHECK;

#endif
