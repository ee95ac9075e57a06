/*
 * Scatter: the one sequential read of emit. Every line goes to the spools of its places, to valid/ or to dropped/.
 */
#ifndef TAMIS_MIX_SCATTER_H
#define TAMIS_MIX_SCATTER_H

#include "mix/emit.h"
#include "mix/place.h"
#include "mix/spool.h"

/* Spools are open and numbered through all targets; those of target t begin at first_spool[t]. They are finished when
 * this returns. Counts into `written` what it has seen: emitted, held out and dropped documents. */
tamis_status scatter(const struct run *run, const struct ledger *ledger, const struct placement *placement,
                     const size_t *first_spool, struct spools *spools, struct emit_totals *written, tamis_err *err)
    TAMIS_MUST_CHECK;

#endif
