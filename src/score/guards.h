/*
 * Guards: what a score may really be measuring. Rank correlations (Spearman, ties at their mean rank) of the score with
 * the length of the text, with its compression and with its mean and final loss, overall and per domain; and the
 * simplest score that would have selected 90 % of the same tokens. A rank does not change under the logarithm, so what
 * is said of the length is said of its logarithm.
 *
 * Exact up to GUARDS_SAMPLE documents, above that on the GUARDS_SAMPLE documents with the smallest hash of (seed, id),
 * and said so. Memory: about 140 bytes for each document looked at, 147 MB at most.
 */
#ifndef TAMIS_SCORE_GUARDS_H
#define TAMIS_SCORE_GUARDS_H

#include "core/buf.h"
#include "run/guard_facts.h"
#include "run/run.h"

#define GUARDS_SAMPLE ((size_t)1 << 20)

/* From here on a guard speaks. */
#define GUARD_LENGTH 0.5     /* |Spearman| with the length */
#define GUARD_SIMPLER 0.9    /* |Spearman| with mean loss or compression; share of tokens a simpler score selects too */
#define GUARD_LUCK 0.5       /* .. when that share is nearer to 1 than to what chance gives */
#define GUARD_DOCUMENTS 30    /* fewer say little: among a few documents everything goes with something */
#define GUARD_UNSCORED 0.01  /* share of the documents to be scored */
#define GUARD_SHORTENED 0.1  /* share of the scored documents */
#define GUARD_DECAY 0.5      /* weight of the newest window of TDDS */

/* Needs LEDGER_SURVEY, RESOLVE, SCORE mapped; SELECT where the run prunes. Release even after a failure. */
tamis_status guards_measure(struct guards *guards, const struct run *run, const struct ledger *ledger, tamis_err *err)
    TAMIS_MUST_CHECK;
/* The same on at most `most` documents. */
tamis_status guards_measure_some(struct guards *guards, const struct run *run, const struct ledger *ledger, size_t most,
                                 tamis_err *err) TAMIS_MUST_CHECK;
void guards_release(struct guards *guards);

/* Spearman's rank correlation of two columns, pairs with a NaN left out; NaN: fewer than 3 pairs, or a constant. */
tamis_status spearman(const double *a, const double *b, size_t count, double *rho, tamis_err *err) TAMIS_MUST_CHECK;

/*
 * Sentences for people: nothing, or one line each, what was seen, what it means and what to do. Each returns false when
 * memory runs out.
 */
/* Of what was measured, one sentence per guard that speaks. */
bool guards_say(const struct guards *guards, struct buf *out) TAMIS_MUST_CHECK;
/* Copies score high, so duplicates go first. */
bool guard_duplicates(const struct recipe *recipe, struct buf *out) TAMIS_MUST_CHECK;
/* TDDS over more checkpoints than a window holds, none of them cut off, with the newest window all that counts. */
bool guard_tdds(const struct scoring *scoring, size_t checkpoints, struct buf *out) TAMIS_MUST_CHECK;
/* What a law has to say of its answer for a target, line by line; an empty text says nothing. */
bool guard_law(const char *target, const char *text, struct buf *out) TAMIS_MUST_CHECK;

#endif
