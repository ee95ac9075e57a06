/*
 * Counts over the ledger: documents, bytes and tokens by domain and rule, by domain and fate, by source.
 */
#ifndef TAMIS_RUN_TALLY_H
#define TAMIS_RUN_TALLY_H

#include "run/ledger.h"

struct tally_cell {
    uint64_t documents, bytes, tokens;
};

struct tally {
    size_t domains, sources, rules;
    struct tally_cell all;
    struct tally_cell *input;   /* per domain */
    struct tally_cell *fates;   /* domain x FATE_COUNT */
    struct tally_cell *dropped; /* domain x rules: rejects and drops */
    struct tally_cell *source_input, *source_duplicates; /* per source */
    struct tally_cell *source_fates; /* sources x FATE_COUNT */
    struct tally_cell *source_dropped; /* sources x rules */
    uint64_t *source_estimated; /* per source: documents whose tokens are an estimate */
};

tamis_status tally_init(struct tally *t, const struct recipe *recipe, const struct rules *rules, tamis_err *err)
    TAMIS_MUST_CHECK;
void tally_release(struct tally *t);
void tally_add(struct tally *t, const struct rules *rules, const struct survey_row *row, enum fate fate,
               uint16_t rule);
/* Every document of the ledger, from the stages it has mapped. */
void tally_ledger(struct tally *t, const struct ledger *ledger, const struct rules *rules);

struct tally_cell *tally_fate(const struct tally *t, size_t domain, enum fate fate);
struct tally_cell *tally_rule(const struct tally *t, size_t domain, size_t rule);
/* Sums over domains. */
struct tally_cell tally_fate_sum(const struct tally *t, enum fate fate);
struct tally_cell tally_rule_sum(const struct tally *t, size_t rule);
/* read = rejected + dropped + held out + emitted + surplus, in all three units, for each domain. */
bool tally_conserved(const struct tally *t);

#endif
