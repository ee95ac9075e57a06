/*
 * The record of one dropped document, as the ledger tells it, one JSON line.
 */
#ifndef TAMIS_MIX_DROP_RECORD_H
#define TAMIS_MIX_DROP_RECORD_H

#include "run/run.h"

struct drop {
    uint64_t number;
    const struct ledger_part *part;
    size_t row;
    const struct survey_row *survey;
    const struct rule *rule;
    bool withheld; /* of a confidential source: neither text nor id is to be seen */
};

/* False: the document was not dropped. */
bool drop_find(const struct run *run, const struct ledger_part *part, size_t row, struct drop *drop);
/* id, number, source, stage, rule, what was measured, locator; `text` unless NULL. False: out of memory. */
bool drop_record(const struct run *run, const struct ledger *ledger, const struct drop *drop, const tamis_str *text,
                 struct buf *out) TAMIS_MUST_CHECK;
/* Of what the parser rejected: place, reason and number. */
bool drop_reject(const struct run *run, const struct drop *drop, struct buf *out) TAMIS_MUST_CHECK;

#endif
