/*
 * Lots: documents drawn in the order of (key, number), up to a limit per group. Rows are sorted on disk.
 */
#ifndef TAMIS_SELECT_LOT_H
#define TAMIS_SELECT_LOT_H

#include "tamis.h"

struct lot;

/* `folder` exists; `name`: of the temporary files, unique in it; `memory` in bytes. */
tamis_status lot_open(struct lot **lot, const char *folder, const char *name, uint64_t memory, tamis_err *err)
    TAMIS_MUST_CHECK;
/* `key` is draw_key(seed, purpose, id). */
tamis_status lot_add(struct lot *lot, uint64_t key, uint64_t number, uint32_t group, uint32_t weight, tamis_err *err)
    TAMIS_MUST_CHECK;

struct lot_group {
    uint64_t limit; /* weight that stays, at most: a document that would overshoot is passed over */
    bool reach;     /* at least, rather: documents stay up to the one that reaches it */
    uint64_t kept;  /* weight that stays; filled in */
};

/* Calls `drop` for every document that does not stay, in the order of the draw. No add after this. */
tamis_status lot_draw(struct lot *lot, struct lot_group *groups, void (*drop)(void *context, uint64_t number),
                      void *context, tamis_err *err) TAMIS_MUST_CHECK;
void lot_free(struct lot *lot); /* accepts NULL */

#endif
