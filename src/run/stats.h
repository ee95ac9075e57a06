/*
 * Where the time goes: what --stats prints. Stages by the wall clock; within the pass over the texts also the steps of
 * each thread, in nanoseconds and bytes per document. Nothing is measured unless somebody asks: every pointer may be
 * NULL.
 */
#ifndef TAMIS_RUN_STATS_H
#define TAMIS_RUN_STATS_H

#include "core/buf.h"

enum stats_step {
    STATS_READ,   /* packed bytes; where decoding goes along with reading, decoded ones */
    STATS_DECODE, /* bytes made of them */
    STATS_JOIN,   /* bytes cut at the ends of records */
    STATS_PARSE,  /* raw bytes of records */
    STATS_EXACT,  /* bytes of texts, as in the next three */
    STATS_FILTER,
    STATS_SKETCH,
    STATS_SAMPLE,
    STATS_WRITE,  /* raw bytes of records: their rows added to the ledger, or their lines written */
    STATS_STEPS
};

/* One thread's; steps that one thread at a time does, whichever it is, have a row of their own. */
struct stats_row {
    struct {
        uint64_t ns, bytes;
    } at[STATS_STEPS];
    char apart[64]; /* no two threads write to one cache line */
};

struct stats;

struct stats *stats_new(unsigned threads); /* NULL when memory runs out */
void stats_free(struct stats *s);          /* accepts NULL */
/* Thread `thread`'s row; `thread` == threads: that of the serial steps. NULL for NULL. */
struct stats_row *stats_row(struct stats *s, unsigned thread);
/* From now on the clock runs for this stage, "" for none. */
void stats_stage(struct stats *s, const char *name);
void stats_documents(struct stats *s, uint64_t count);
/* Two tables: stages; steps. Appends. False: out of memory. */
bool stats_print(struct stats *s, struct buf *out) TAMIS_MUST_CHECK;

uint64_t stats_clock(void); /* ns, monotonic */

static inline void stats_add(struct stats_row *row, enum stats_step step, uint64_t ns, uint64_t bytes)
{
    if (row) {
        row->at[step].ns += ns;
        row->at[step].bytes += bytes;
    }
}

/* When a step begins; 0 when nothing is measured. */
static inline uint64_t stats_begin(const struct stats_row *row)
{
    return row ? stats_clock() : 0;
}

/* Ends a step that began at `since`; returns when the next one begins. */
static inline uint64_t stats_end(struct stats_row *row, enum stats_step step, uint64_t since, uint64_t bytes)
{
    if (!row) {
        return 0;
    }
    const uint64_t now = stats_clock();
    stats_add(row, step, now - since, bytes);
    return now;
}

#endif
