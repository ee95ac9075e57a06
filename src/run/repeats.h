/* Ids that stand for more than one document: never merged, but counted. */
#ifndef TAMIS_RUN_REPEATS_H
#define TAMIS_RUN_REPEATS_H

#include "run/run.h"

/* Documents whose id an earlier document has (by XXH3-64 of the id; made-up ids do not count). Needs LEDGER_SURVEY. */
tamis_status repeats_count(const struct run *run, const struct ledger *ledger, uint64_t *repeated, tamis_err *err)
    TAMIS_MUST_CHECK;

#endif
