/*
 * Survey: reads everything once and writes the ledger. Parse, filters, exact hash, MinHash bands.
 */
#ifndef TAMIS_RUN_SURVEY_H
#define TAMIS_RUN_SURVEY_H

#include "run/run.h"

/* Documents whose signals are all measured: text hash under this share of the range .. */
#define SURVEY_SAMPLE_ONE_IN 100
/* .. and this many smallest hashes of the run. */
#define SURVEY_SAMPLE_SMALLEST 10000

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
