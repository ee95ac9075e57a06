/*
 * What was left out, for people to look at: RUN/dropped/<stage>-00000.jsonl and RUN/rejects.jsonl, in number order.
 *
 * With `ids` a record per dropped document, some with their text; with `full` their lines as they are, and beside them
 * a file of records, line for line. Of a confidential source neither text, line nor id is written, but a hash that
 * stands for the id; in `full` its documents are left out of both files. A file nothing goes into is not made.
 *
 * Records follow from the ledger and are written at the end, by all threads. Those with a text are made when the text
 * comes by, and wait in a spool for their turn.
 */
#ifndef TAMIS_MIX_DROPS_H
#define TAMIS_MIX_DROPS_H

#include "mix/lines.h"
#include "mix/picks.h"
#include "mix/spool.h"

struct drops {
    const struct run *run;
    const struct ledger *ledger;
    struct picks picks;
    struct path folder;      /* of the spool */
    struct spools texts;     /* records with their text, in number order */
    tamis_str waiting;       /* those not yet written */
    struct stream_out *lines[STAGE_COUNT], *records[STAGE_COUNT], *rejects; /* `lines` only with `full` */
    unsigned packers;        /* blocks of one file that are compressed at once */
    struct buf line;
    uint64_t copied, written; /* lines; records of dropped documents */
};

/* Chooses the sample. Release it even after a failure. */
tamis_status drops_open(struct drops *d, const struct run *run, const struct ledger *ledger, tamis_err *err)
    TAMIS_MUST_CHECK;
/* Whether the record itself is needed. Touches nothing but the ledger. */
bool drops_wants(const struct drops *d, const struct ledger_part *part, size_t row);
/* A record that is wanted; numbers ascend. */
tamis_status drops_record(struct drops *d, struct lines *lines, const struct found *found, tamis_err *err)
    TAMIS_MUST_CHECK;
/* Writes what follows from the ledger, and lets the files appear. */
tamis_status drops_finish(struct drops *d, tamis_err *err) TAMIS_MUST_CHECK;
void drops_release(struct drops *d); /* files that were not finished do not appear */

#endif
