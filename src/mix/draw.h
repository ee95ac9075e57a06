/*
 * Draw: which documents each target uses, and how often. Writes mix.npy in every ledger part.
 *
 * A target takes the documents of a domain in the order of hash(seed, target, id), ties by (id, number), and skips
 * what would overshoot its need; whole epochs come before the part of one. The same order serves every epoch.
 */
#ifndef TAMIS_MIX_DRAW_H
#define TAMIS_MIX_DRAW_H

#include "mix/plan.h"

tamis_status draw(const struct run *run, const struct ledger *ledger, const struct plan *plan, tamis_err *err)
    TAMIS_MUST_CHECK;

#endif
