/*
 * What the ledger says of one document, read with care: a row that names what the recipe does not have is an error, so
 * that a damaged run folder cannot lead astray. Stages that are not mapped are stages that were not done yet.
 */
#ifndef TAMIS_REPORT_STORY_H
#define TAMIS_REPORT_STORY_H

#include "core/json.h"
#include "run/run.h"

#define STORY_CONFIDENTIAL "(confidential)"

struct story {
    uint64_t number;
    const struct ledger_part *part;
    const struct survey_row *survey;
    const struct recipe_source *source;
    const char *fate;        /* fate_name(); NULL: not decided yet */
    bool unwritten;          /* see story_not_emitted() */
    const struct rule *rule; /* that took it; NULL: none */
    double value, threshold; /* NaN: there is none */
    uint64_t keeper;         /* LEDGER_NOBODY: not a duplicate */
    double similarity;       /* with the keeper; NaN: not verified */
    const uint8_t *draws;    /* per target; NULL: not drawn yet */
    const struct score_row *score; /* NULL: it was not to be scored, or nothing is scored yet */
};

struct teller {
    const struct run *run;
    const struct ledger *ledger;
    bool show_confidential;
};

/* The row of a document that is known to be in the ledger. TAMIS_INPUT: it makes no sense. */
tamis_status story_tell(struct story *story, const struct teller *teller, uint64_t number, tamis_err *err)
    TAMIS_MUST_CHECK;
/* The run has not emitted yet: a document that is to be emitted or held out stands neither in out/ nor in valid/. */
void story_not_emitted(struct story *story);
/* The id of a document, or STORY_CONFIDENTIAL. */
tamis_str story_id(const struct teller *teller, uint64_t number);
/* Its score, NaN: none. */
double story_score(const struct story *story);
/* The columns of `tamis ledger`, as members of an open object; `written` is there, and false, while it is unwritten. */
void story_write(struct json *json, const struct teller *teller, const struct story *story);

/* Bytes that are no UTF-8 as question marks: for what comes from command lines and file names. */
bool story_add_clean(struct buf *out, tamis_str bytes) TAMIS_MUST_CHECK;

#endif
