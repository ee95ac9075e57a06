/*
 * What was asked of each domain and what it gave: counted from the ledger, beside what a tally holds.
 */
#ifndef TAMIS_REPORT_NEEDS_H
#define TAMIS_REPORT_NEEDS_H

#include "run/run.h"
#include "run/tally.h"

struct need {
    struct tally_cell scored, unscored; /* of the documents that `keep` chose from */
    double lowest_cut, highest_cut;     /* thresholds of what went by its score; NaN: nothing did */
};

struct needs {
    size_t domains;
    struct need *at;            /* per domain index */
    uint64_t *drawn, *repeated; /* target x domain, tokens: of the first use of documents; of every further one */
    uint64_t eligible, scored, shortened; /* documents that were to be scored, that were, and on too few losses */
};

/* Needs LEDGER_SURVEY, RESOLVE and MIX mapped; SCORE, SELECT where the run has them. Release even after a failure. */
tamis_status needs_count(struct needs *needs, const struct run *run, const struct ledger *ledger, tamis_err *err)
    TAMIS_MUST_CHECK;
void needs_release(struct needs *needs);

uint64_t needs_drawn(const struct needs *needs, size_t target, size_t domain);
uint64_t needs_repeated(const struct needs *needs, size_t target, size_t domain);

/* Documents of a domain that went by rules of stage select: by a source's cap, or by `keep`. From a tally. */
struct tally_cell needs_taken(const struct tally *tally, const struct rules *rules, size_t domain);
struct tally_cell needs_pruned(const struct tally *tally, const struct rules *rules, size_t domain);
/* Documents of a domain that survived filters, duplicates and hold-out. */
struct tally_cell needs_pool(const struct tally *tally, const struct rules *rules, size_t domain);

#endif
