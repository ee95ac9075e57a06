/*
 * Select: what goes although it is neither bad nor a duplicate. Writes select.npy in every ledger part.
 *
 * Looked at are the documents that survived so far and are not held out. First `take` caps each source at a number of
 * tokens: its documents are walked in the order of hash(seed, "take", id), and one that would overshoot goes. Then
 * `keep` leaves a share of the tokens of each domain that it is said of, by the domain's policy:
 *
 *   random  its documents are walked in the order of hash(seed, "select", id), and one that would overshoot goes;
 *   top, bottom, middle  by the scores of LEDGER_SCORE, `keep` being a share of the tokens that have one (select/cut.h
 *           says which stay, ties by id bytes, then number). Documents without a score are a bucket of their own:
 *           `unscored: keep` leaves all of them, `drop` none, `random` the same share, drawn among themselves as above.
 *
 * Nothing is pruned below what the targets need of the domain for one epoch, unless `prune_scarce`: where the need is
 * more than the share, documents stay up to the one that reaches it, documents with a score before those without.
 *
 * Rules in the ledger: `take`, the policy's name, and `unscored`. The measured value and threshold are the score and
 * the score at the cut; of `random` the tokens and the share, of `take` the tokens and the cap, of `unscored` none.
 *
 * Memory: 2 bytes per document, and a quarter of the run's for sorting; the rest is on disk.
 */
#ifndef TAMIS_SELECT_SELECT_H
#define TAMIS_SELECT_SELECT_H

#include "run/run.h"

/* Whether the recipe asks for anything here; otherwise there is no select.npy. */
bool select_needed(const struct recipe *recipe);
/* Needs LEDGER_SURVEY and LEDGER_RESOLVE mapped; LEDGER_SCORE where a domain is pruned by scores. */
tamis_status select_documents(const struct run *run, const struct ledger *ledger, tamis_err *err) TAMIS_MUST_CHECK;
/* Where nothing is asked for: removes what an earlier recipe left. */
tamis_status select_nothing(const struct run *run, const struct ledger *ledger, tamis_err *err) TAMIS_MUST_CHECK;

#endif
