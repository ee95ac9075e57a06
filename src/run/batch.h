/*
 * A batch carries the documents of one chunk through the survey: read by one thread, worked on by another, written in
 * order. It owns its chunk and everything made from it; it belongs to exactly one thread at a time and is used again.
 */
#ifndef TAMIS_RUN_BATCH_H
#define TAMIS_RUN_BATCH_H

#include "run/ledger.h"
#include "run/stats.h"

struct batch {
    size_t input; /* index of the part */
    uint64_t disk; /* encoded bytes of all parts read when it was handed out */
    struct chunk chunk;
    struct records records;
    struct arena arena;   /* decoded fields of the records */
    bool keeps_texts;     /* false: texts are gone when a record is surveyed */
    struct buf rows;      /* struct survey_row, one per record; ids and numbers are given when it is written */
    struct buf bands;     /* the keys of each sketched document, one per band */
    struct buf samples;   /* index in the batch, then all values, 8 bytes each */
};

/* A worker is one thread's tools: parser, text view, filters, sketches. */
struct worker;

tamis_status worker_new(struct worker **worker, const struct recipe *recipe, const struct rules *rules,
                        tamis_err *err) TAMIS_MUST_CHECK;
void worker_free(struct worker *worker); /* accepts NULL */
/* The steps of every document are measured into `row` from now on, which is borrowed. */
void worker_measure(struct worker *worker, struct stats_row *row);

void batch_init(struct batch *batch);
void batch_release(struct batch *batch);
/*
 * Fills rows, bands and samples from the chunk. Documents whose hash_high is below `sample_below` are measured in
 * full. Depends on nothing but the chunk, the recipe and sample_below.
 */
tamis_status batch_survey(struct batch *batch, struct worker *worker, const struct input *input,
                          uint64_t sample_below, tamis_err *err) TAMIS_MUST_CHECK;

/* Appends the row of a record that was surveyed before, as batch->samples has them; false: out of memory. */
bool worker_sample(struct worker *worker, const struct record *record, const struct survey_row *row, uint64_t index,
                   struct buf *samples) TAMIS_MUST_CHECK;

#endif
