/*
 * Guards: what a score may really be measuring. Rank correlations (Spearman, ties at their mean rank) of the score with
 * the logarithm of the length, with mean loss and with compression, overall and per domain; and the simplest score that
 * would have selected 90 % of the same tokens.
 *
 * Exact up to GUARDS_SAMPLE documents, above that on the GUARDS_SAMPLE documents with the smallest hash of (seed, id),
 * and said so.
 */
#ifndef TAMIS_SCORE_GUARDS_H
#define TAMIS_SCORE_GUARDS_H

#include "run/run.h"

#define GUARDS_SAMPLE ((uint64_t)1 << 20)
#define GUARD_LENGTH 0.5
#define GUARD_SIMPLER 0.9

enum simple_score { SIMPLE_LENGTH, SIMPLE_COMPRESSION, SIMPLE_MEAN_LOSS, SIMPLE_FINAL_LOSS, SIMPLE_SCORES };
const char *simple_score_name(enum simple_score score); /* "length", "compression", "mean_loss", "final_loss" */

struct guard_group {
    const char *domain;  /* NULL: the whole corpus */
    uint64_t documents;  /* with a score, in the sample */
    double spearman[SIMPLE_SCORES]; /* of the score with each; NaN: cannot be told */
    /* Of domains that a score prunes: the first simple score (in the order above) that, under `policy`, would select
     * GUARD_SIMPLER of the same tokens. SIMPLE_SCORES: none. */
    enum simple_score simplest;
    int policy;          /* enum policy */
    double overlap;      /* share of the kept tokens it would keep too; of the best simple score when none is enough */
};

struct guards {
    struct arena arena;
    struct guard_group *groups; /* the whole corpus, then each domain that has scores */
    size_t group_count;
    bool sampled;
};

/* Needs LEDGER_SURVEY, RESOLVE, SCORE mapped; SELECT where the run prunes. Release even after a failure. */
tamis_status guards_measure(struct guards *guards, const struct run *run, const struct ledger *ledger, tamis_err *err)
    TAMIS_MUST_CHECK;
void guards_release(struct guards *guards);
/* Sentences for people, one per guard that speaks, each ending with a newline. */
bool guards_say(const struct guards *guards, struct buf *out) TAMIS_MUST_CHECK;

/* Spearman's rank correlation of two columns, pairs with a NaN left out; NaN: fewer than 3 pairs, or a constant. */
tamis_status spearman(const double *a, const double *b, size_t count, double *rho, tamis_err *err) TAMIS_MUST_CHECK;

#endif
