/*
 * Score: a number for every document that a score is to prune, and what it is held against. Writes score.npy in every
 * ledger part, and RUN/scores.json.
 *
 * Eligible are the documents that survived so far, of the domains that select prunes by a score; of every domain where
 * it prunes none so. One read of their texts measures the compression ratio, scores by text where the scorer does, and
 * fills the proxy's cache. Trajectories come from the proxy, whose rows are joined by number, or from the user's files,
 * joined by id: an id that no document of the run bears is counted as unknown, one that no eligible document bears as
 * unneeded, one that several eligible documents bear as ambiguous.
 */
#ifndef TAMIS_SCORE_SCORE_H
#define TAMIS_SCORE_SCORE_H

#include "run/run.h"

struct score_totals {
    uint64_t eligible, scored, shortened;        /* documents */
    uint64_t checkpoints;                        /* of the trajectories; 0: scored by text */
    uint64_t unknown_ids, unneeded_ids, ambiguous_ids; /* of imported trajectories */
    uint64_t records, lossy, broken;             /* imported; of them with a rejected loss; rejected whole */
    uint64_t not_finite, negative;               /* losses rejected */
    uint64_t damaged;                            /* 1: a stream broke, and what could not be read of it was lost */
    uint64_t least_covered;                      /* documents measured at the checkpoint with the fewest */
};

/* Needs LEDGER_SURVEY and LEDGER_RESOLVE mapped. */
tamis_status score_documents(const struct run *run, const struct ledger *ledger, struct score_totals *totals,
                             tamis_err *err) TAMIS_MUST_CHECK;
/* What RUN/scores.json remembers of an earlier process. */
tamis_status score_recall(const struct run *run, struct score_totals *totals, tamis_err *err) TAMIS_MUST_CHECK;
/* Sentences about what was wrong with imported trajectories, one a line; false: no memory. */
bool score_say(const struct score_totals *totals, const struct recipe *recipe, struct buf *out) TAMIS_MUST_CHECK;
/* TAMIS_DAMAGED with a sentence when a stream broke or more than max_bad of the records were rejected. */
tamis_status score_verdict(const struct score_totals *totals, double max_bad, tamis_err *err) TAMIS_MUST_CHECK;
/* Where the recipe scores nothing: removes what an earlier one left. */
tamis_status score_nothing(const struct run *run, const struct ledger *ledger, tamis_err *err) TAMIS_MUST_CHECK;

#endif
