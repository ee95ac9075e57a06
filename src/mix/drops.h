/*
 * What was left out, for people to look at: RUN/dropped/<stage>-00000.jsonl and RUN/rejects.jsonl, in number order.
 *
 * With `ids` a record per dropped document, some with their text; with `full` their lines as they are, and beside them
 * a file of records, line for line. Of a confidential source neither text, line nor id is written, but a hash that
 * stands for the id; in `full` its documents are left out of both files. A file nothing goes into is not made.
 */
#ifndef TAMIS_MIX_DROPS_H
#define TAMIS_MIX_DROPS_H

#include "mix/lines.h"
#include "mix/picks.h"

struct drops {
    const struct run *run;
    const struct ledger *ledger;
    struct picks picks;
    struct stream_out *lines[STAGE_COUNT], *verdicts[STAGE_COUNT], *rejects;
    struct buf json;
    uint64_t next;    /* every document below is dealt with */
    uint64_t written; /* records of dropped documents */
};

/* Chooses the sample. Release it even after a failure. */
tamis_status drops_open(struct drops *d, const struct run *run, const struct ledger *ledger, tamis_err *err)
    TAMIS_MUST_CHECK;
/* Whether the record itself is needed. Touches nothing but the ledger. */
bool drops_wants(const struct drops *d, const struct ledger_part *part, size_t row);
/* A record that is wanted; numbers ascend. */
tamis_status drops_record(struct drops *d, struct lines *lines, const struct found *found, tamis_err *err)
    TAMIS_MUST_CHECK;
/* Writes what needs no record, and lets the files appear. */
tamis_status drops_finish(struct drops *d, tamis_err *err) TAMIS_MUST_CHECK;
void drops_release(struct drops *d); /* files that were not finished do not appear */

#endif
