/*
 * The sample of the survey: documents on which every signal was measured. Which rules would drop how many of them, and
 * which rules agree.
 *
 * What counts does not depend on threads or interruptions: documents whose text hash is under the rate, and the
 * SURVEY_SAMPLE_SMALLEST first in the order of (hash, number). A run folder of an earlier version may store more; that
 * is left out. Rules for one language are left out, because the ledger does not hold languages.
 */
#ifndef TAMIS_REPORT_SAMPLE_H
#define TAMIS_REPORT_SAMPLE_H

#include "run/run.h"

#define SAMPLE_PAIRS 20       /* that are reported */
#define SAMPLE_PAIRED_RULES 64 /* that fail the most documents, and are paired */

/* sample.npy of one part; empty when the run has no filters. */
struct sample_part {
    struct npy npy;
    const struct ledger_part *part;
    const struct rules *rules;
};

tamis_status sample_open(struct sample_part *s, const struct ledger *ledger, size_t part, const struct rules *rules,
                         tamis_err *err) TAMIS_MUST_CHECK;
void sample_close(struct sample_part *s);
/* Values by rule index - rules->first_filter; NULL: the document was not sampled. */
const double *sample_values(const struct sample_part *s, uint64_t number);

/* Whether filter rule `rule` (an index) is for a document by its kind, domain and script; language aside. */
bool sample_applies(const struct recipe *recipe, const struct rules *rules, size_t rule, const struct survey_row *row);
/* Whether filter rule `rule` would drop a document, were it the only rule; language aside. */
bool sample_fails(const struct recipe *recipe, const struct rules *rules, size_t rule, const struct survey_row *row,
                  double value);
/* Whether that depends on the document's language. */
bool sample_needs_language(const struct recipe *recipe, const struct rule *rule);

struct sample_rule {
    uint64_t fails; /* documents it would drop alone */
    uint64_t only;  /* of these, those no other rule would drop */
};

struct sample_pair {
    size_t a, b; /* rules, as indexes - rules->first_filter */
    uint64_t documents;
};

struct sample_counts {
    uint64_t documents;
    struct sample_rule *rules; /* per filter rule: index - rules->first_filter */
    size_t rule_count;
    struct sample_pair pairs[SAMPLE_PAIRS]; /* most documents first */
    size_t pair_count;
};

/* Release even after a failure. */
tamis_status sample_count(struct sample_counts *counts, const struct run *run, const struct ledger *ledger,
                          tamis_err *err) TAMIS_MUST_CHECK;
void sample_release(struct sample_counts *counts);

#endif
