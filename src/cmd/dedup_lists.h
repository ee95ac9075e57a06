/* What dedup lists besides the kept lines: pairs, clusters and drops, from a ledger with what the resolve decided. */
#ifndef TAMIS_CMD_DEDUP_LISTS_H
#define TAMIS_CMD_DEDUP_LISTS_H

#include "io/stream.h"
#include "run/run.h"

/* One line of --pairs. False: out of memory. */
bool dedup_pair(const struct ledger *ledger, uint64_t a, uint64_t b, double jaccard, struct buf *out) TAMIS_MUST_CHECK;
/* Exact copies were folded before pairs were made: each forms a pair with its keeper. */
tamis_status dedup_exact_pairs(const struct run *run, const struct ledger *ledger, struct stream_out *to,
                               tamis_err *err) TAMIS_MUST_CHECK;
/* A cluster is a kept document with all that were dropped for it. */
tamis_status dedup_clusters(const struct run *run, const struct ledger *ledger, struct stream_out *to, tamis_err *err)
    TAMIS_MUST_CHECK;
tamis_status dedup_drops(const struct run *run, const struct ledger *ledger, struct stream_out *to, tamis_err *err)
    TAMIS_MUST_CHECK;

#endif
