/*
 * Decoding single records of a read that only finds them: texts of a sample, and lines of formats that render.
 * So that a whole corpus need not be parsed for the few documents whose text is asked for.
 */
#ifndef TAMIS_MIX_LINES_H
#define TAMIS_MIX_LINES_H

#include "run/visit.h"

/* A record as a visit finds it, and what the survey knows of it. */
struct found {
    uint64_t number;
    const struct survey_row *survey;
    const struct record *record;
    const struct reader_format *format;
};

struct lines {
    const struct recipe *recipe;
    const struct ledger *ledger;
    struct parser *parser;
    struct arena arena;
    struct records records;
    struct chunk chunk;
    struct buf line;
};

tamis_status lines_open(struct lines *d, const struct run *run, const struct ledger *ledger, tamis_err *err)
    TAMIS_MUST_CHECK;
void lines_release(struct lines *d);
/* Both answers live until the next call. */
tamis_status lines_text(struct lines *d, const struct found *found, tamis_str *text, tamis_err *err)
    TAMIS_MUST_CHECK;
/* The line to be written for a record: its own bytes, or what its format renders, with the ledger's id. */
tamis_status lines_line(struct lines *d, const struct found *found, tamis_str *line, tamis_err *err)
    TAMIS_MUST_CHECK;

#endif
