/*
 * Journal: whole numbers of an emit that outlive an interruption. A file of them counts only for the same ledger,
 * plan and recipe, told by a digest.
 */
#ifndef TAMIS_MIX_JOURNAL_H
#define TAMIS_MIX_JOURNAL_H

#include "mix/plan.h"

/* Over everything that emit's output depends on. */
tamis_status journal_digest(const struct run *run, const struct ledger *ledger, const struct plan *plan,
                            uint64_t *digest, tamis_err *err) TAMIS_MUST_CHECK;
tamis_status journal_write(const char *path, uint64_t digest, const uint64_t *numbers, size_t count, tamis_err *err)
    TAMIS_MUST_CHECK;
/* False: absent, unreadable, or of another digest or length. */
bool journal_read(const char *path, uint64_t digest, uint64_t *numbers, size_t count);

#endif
