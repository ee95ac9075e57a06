/*
 * All inputs of a run as batches: read, worked on in parallel, handed over in order.
 */
#ifndef TAMIS_RUN_BATCHES_H
#define TAMIS_RUN_BATCHES_H

#include "run/batch.h"
#include "run/feed.h"
#include "run/run.h"

struct batches {
    bool keeps_texts; /* of every batch; see batch.h */
    /* Of several batches at once, each by one thread: batch_survey() and what else is due. */
    tamis_status (*work)(void *context, unsigned thread, struct worker *worker, struct batch *batch, tamis_err *err);
    /* Of one batch at a time, in order. May take the batch over and leave zeros. */
    tamis_status (*write)(void *context, struct batch *batch, tamis_err *err);
    void *context;
    const char *interrupted; /* what is said when run->stop is set */
};

/* From where the feed stands, on run->threads threads. Stopped by run->stop: TAMIS_INTERRUPTED. */
tamis_status batches_run(const struct run *run, struct feed *feed, const struct batches *batches, tamis_err *err)
    TAMIS_MUST_CHECK;

#endif
