/* Counts over the ledger. */
#include "run/tally.h"

#include <stdlib.h>

tamis_status tally_init(struct tally *t, const struct recipe *recipe, const struct rules *rules, tamis_err *err)
{
    *t = (struct tally){.domains = recipe->domain_count, .sources = recipe->source_count, .rules = rules->count};
    t->input = calloc(t->domains + 1, sizeof *t->input);
    t->fates = calloc(t->domains * FATE_COUNT + 1, sizeof *t->fates);
    t->dropped = calloc(t->domains * t->rules + 1, sizeof *t->dropped);
    t->source_input = calloc(t->sources + 1, sizeof *t->source_input);
    t->source_duplicates = calloc(t->sources + 1, sizeof *t->source_duplicates);
    t->source_dropped = calloc(t->sources * t->rules + 1, sizeof *t->source_dropped);
    t->source_fates = calloc(t->sources * FATE_COUNT + 1, sizeof *t->source_fates);
    t->source_estimated = calloc(t->sources + 1, sizeof *t->source_estimated);
    if (!t->input || !t->fates || !t->dropped || !t->source_input || !t->source_duplicates || !t->source_dropped ||
        !t->source_fates || !t->source_estimated) {
        tally_release(t);
        return tamis_fail(err, TAMIS_IO, "out of memory for the counts of %zu domains", recipe->domain_count);
    }
    return TAMIS_OK;
}

void tally_release(struct tally *t)
{
    free(t->input);
    free(t->fates);
    free(t->dropped);
    free(t->source_input);
    free(t->source_duplicates);
    free(t->source_dropped);
    free(t->source_fates);
    free(t->source_estimated);
    *t = (struct tally){0};
}

static void add(struct tally_cell *cell, struct tally_cell more)
{
    cell->documents += more.documents;
    cell->bytes += more.bytes;
    cell->tokens += more.tokens;
}

void tally_add(struct tally *t, const struct rules *rules, const struct survey_row *row, enum fate fate, uint16_t rule)
{
    const struct tally_cell one = {1, survey_bytes(row, rules), row->tokens};
    add(&t->all, one);
    add(&t->input[row->domain], one);
    add(&t->source_input[row->source], one);
    add(tally_fate(t, row->domain, fate), one);
    add(&t->source_fates[row->source * FATE_COUNT + (size_t)fate], one);
    t->source_estimated[row->source] += survey_tokens_estimated(row);
    if (rule) {
        add(tally_rule(t, row->domain, (size_t)rule - 1), one);
        add(&t->source_dropped[row->source * t->rules + rule - 1], one);
        if (rules->at[rule - 1].stage == STAGE_DEDUP) {
            add(&t->source_duplicates[row->source], one);
        }
    }
}

void tally_ledger(struct tally *t, const struct ledger *ledger, const struct rules *rules)
{
    for (uint64_t n = 0; n < ledger->documents; n++) {
        uint16_t rule = 0;
        const enum fate fate = ledger_fate(ledger, n, rules, &rule);
        tally_add(t, rules, ledger_survey(ledger, n), fate, rule);
    }
}

struct tally_cell *tally_fate(const struct tally *t, size_t domain, enum fate fate)
{
    return &t->fates[domain * FATE_COUNT + (size_t)fate];
}

struct tally_cell *tally_rule(const struct tally *t, size_t domain, size_t rule)
{
    return &t->dropped[domain * t->rules + rule];
}

struct tally_cell tally_fate_sum(const struct tally *t, enum fate fate)
{
    struct tally_cell sum = {0};
    for (size_t d = 0; d < t->domains; d++) {
        add(&sum, *tally_fate(t, d, fate));
    }
    return sum;
}

struct tally_cell tally_rule_sum(const struct tally *t, size_t rule)
{
    struct tally_cell sum = {0};
    for (size_t d = 0; d < t->domains; d++) {
        add(&sum, *tally_rule(t, d, rule));
    }
    return sum;
}

bool tally_conserved(const struct tally *t)
{
    for (size_t d = 0; d < t->domains; d++) {
        struct tally_cell sum = {0}, by_rule = {0};
        for (int f = 0; f < FATE_COUNT; f++) {
            add(&sum, *tally_fate(t, d, (enum fate)f));
        }
        for (size_t r = 0; r < t->rules; r++) {
            add(&by_rule, *tally_rule(t, d, r));
        }
        const struct tally_cell *const in = &t->input[d];
        const struct tally_cell *const rejected = tally_fate(t, d, FATE_REJECTED);
        const struct tally_cell *const dropped = tally_fate(t, d, FATE_DROPPED);
        if (sum.documents != in->documents || sum.bytes != in->bytes || sum.tokens != in->tokens ||
            by_rule.documents != rejected->documents + dropped->documents) {
            return false;
        }
    }
    return true;
}
