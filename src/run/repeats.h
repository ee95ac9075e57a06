/* Ids that stand for more than one document: never merged, but counted. */
#ifndef TAMIS_RUN_REPEATS_H
#define TAMIS_RUN_REPEATS_H

#include "core/sorter.h"
#include "run/run.h"

/* Ids one by one, by their XXH3-64; temporary files go to run->tmp. */
tamis_status repeats_open(struct sorter **ids, const struct run *run, tamis_err *err) TAMIS_MUST_CHECK;
tamis_status repeats_add(struct sorter *ids, tamis_str id, tamis_err *err) TAMIS_MUST_CHECK;
/* How many of them came before. sorter_free() is due. */
tamis_status repeats_finish(struct sorter *ids, uint64_t *repeated, tamis_err *err) TAMIS_MUST_CHECK;

/* Documents whose id an earlier document has; made-up ids do not count. Needs LEDGER_SURVEY. */
tamis_status repeats_count(const struct run *run, const struct ledger *ledger, uint64_t *repeated, tamis_err *err)
    TAMIS_MUST_CHECK;

#endif
