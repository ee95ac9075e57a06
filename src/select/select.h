/*
 * Select: what goes although it is neither bad nor a duplicate. Writes select.npy in every ledger part.
 *
 * `take` caps a source at a number of tokens; `keep` leaves a share of a domain's tokens, but never less than the
 * targets need for one epoch unless `prune_scarce`. Both walk the surviving documents in the order of
 * hash(seed, "take" or "select", id) and skip what would overshoot.
 */
#ifndef TAMIS_SELECT_SELECT_H
#define TAMIS_SELECT_SELECT_H

#include "run/run.h"

/* Whether the recipe asks for anything here; otherwise there is no select.npy. */
bool select_needed(const struct recipe *recipe);
/* Needs LEDGER_SURVEY and LEDGER_RESOLVE mapped. */
tamis_status select_documents(const struct run *run, const struct ledger *ledger, tamis_err *err) TAMIS_MUST_CHECK;
/* Where nothing is asked for: removes what an earlier recipe left. */
tamis_status select_nothing(const struct run *run, const struct ledger *ledger, tamis_err *err) TAMIS_MUST_CHECK;

#endif
