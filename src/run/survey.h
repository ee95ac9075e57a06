/*
 * Survey: reads everything once and writes the ledger. Parse, filters, exact hash, MinHash bands.
 */
#ifndef TAMIS_RUN_SURVEY_H
#define TAMIS_RUN_SURVEY_H

#include "run/run.h"

#define SURVEY_DAMAGED_NAMED 10

/* An input of which something is lost. */
struct survey_damage {
    uint32_t part;      /* index into inputs */
    uint64_t offset;    /* of the first stretch that is lost, decoded */
    uint64_t stretches; /* that are lost */
    bool cut;           /* nothing behind the last of them was read */
};

struct survey_totals {
    uint64_t documents, bytes, rejects;
    uint64_t estimated; /* documents whose tokens are an estimate */
    uint64_t damaged;   /* inputs of which something is lost .. */
    struct survey_damage damage[SURVEY_DAMAGED_NAMED]; /* .. and the first of them */
};

/*
 * Continues after the last block that stands. Afterwards every block is in run->ledger and the totals are of the whole
 * run.
 */
tamis_status survey(const struct run *run, struct survey_totals *totals, tamis_err *err) TAMIS_MUST_CHECK;
/* The totals of a survey that stands. */
tamis_status survey_count(const struct run *run, struct survey_totals *totals, tamis_err *err) TAMIS_MUST_CHECK;

#endif
