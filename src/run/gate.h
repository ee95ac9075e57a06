/*
 * The gate: a rule that would take an abnormal share of a domain stops the run, unless the recipe accepts it aloud.
 */
#ifndef TAMIS_RUN_GATE_H
#define TAMIS_RUN_GATE_H

#include "run/run.h"
#include "run/tally.h"

#define GATE_SHARE 0.20     /* of a domain, or of a source for duplicates */
#define GATE_SHARE_OWN 0.05 /* of a domain that is some target's own */
#define GATE_AT_LEAST 10    /* documents: fewer are no evidence */
#define GATE_EXAMPLES 10

/* Up to GATE_EXAMPLES dropped documents of one domain and rule. */
struct gate_example {
    const char *id; /* NUL-terminated; of a confidential source a placeholder */
    double value;
    const char *keeper; /* of a duplicate; NULL otherwise */
    uint64_t order;     /* those of the smallest text hashes are shown: a draw, not the first that come */
};

struct gate_examples {
    struct gate_example at[GATE_EXAMPLES];
    size_t count;
};

/* Fills in examples for (domain, rule); for duplicates `domain` is a source. May leave them empty. */
typedef void gate_find(void *context, size_t domain, size_t rule, struct gate_examples *examples);

/* Whether a rule takes so much of a domain, `dropped` out of `of`, that the recipe should have accepted it. */
bool gate_closes(const struct recipe *recipe, const char *rule, size_t domain, struct tally_cell dropped,
                 struct tally_cell of);
/*
 * Filters' rules per domain, then (`duplicates`) the share of each source that are duplicates. Closed: TAMIS_USAGE;
 * the explanation of every closed rule is appended to `text`, with the line to paste into the recipe.
 */
tamis_status gate_check(const struct run *run, const struct tally *tally, bool duplicates, const char *of_what,
                        gate_find *find, void *context, struct buf *text, tamis_err *err) TAMIS_MUST_CHECK;

#endif
