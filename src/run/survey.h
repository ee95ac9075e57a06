/*
 * Survey: reads everything once and writes the ledger. Parse, filters, exact hash, MinHash bands.
 */
#ifndef TAMIS_RUN_SURVEY_H
#define TAMIS_RUN_SURVEY_H

#include "run/run.h"

struct survey_totals {
    uint64_t documents, bytes, rejects;
    uint64_t estimated; /* documents whose tokens are an estimate */
    bool damaged; /* some part broke off */
};

/*
 * Continues after the last block that stands. Afterwards every block is in run->ledger and the totals are of the whole
 * run.
 */
tamis_status survey(const struct run *run, struct survey_totals *totals, tamis_err *err) TAMIS_MUST_CHECK;
/* The totals of a survey that stands. */
tamis_status survey_count(const struct run *run, struct survey_totals *totals, tamis_err *err) TAMIS_MUST_CHECK;

#endif
