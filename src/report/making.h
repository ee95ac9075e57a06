/* A report.json being made: what its sections are written from. Private to the report. */
#ifndef TAMIS_REPORT_MAKING_H
#define TAMIS_REPORT_MAKING_H

#include "core/json.h"
#include "report/needs.h"
#include "report/report.h"
#include "report/sample.h"

struct making {
    const struct recipe *recipe;
    const struct rules *rules;
    const struct inputs *inputs;
    const struct report_facts *facts;
    const struct ledger *ledger;
    struct tally tally;
    struct needs needs;
    struct sample_counts sample;
    uint64_t ledger_bytes;
    bool conserved;
    struct json json;
};

void making_open(struct json *j, const char *key, char bracket); /* a key with a list or map under it */
/* Text that may hold bytes that are no UTF-8; NULL writes null. */
void making_text(struct json *j, const char *key, const char *text);
double making_share(uint64_t part, uint64_t whole); /* NaN: of nothing */

/* Sections about scores, selection, needs, laws and warnings: report_choice.c. */
void making_scores(struct making *m);
void making_selection(struct making *m);
void making_needs(struct making *m);
void making_law(struct making *m, size_t target);
void making_warnings(struct making *m);

#endif
