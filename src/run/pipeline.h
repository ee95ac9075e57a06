/*
 * Work in order on several threads: jobs are read one after the other, worked on in parallel, written one after the
 * other in the order they were read. At most 2 x threads + 1 jobs exist at once.
 *
 * What is dear to read comes in pieces: loaded one after the other, decoded in parallel, joined to jobs one after the
 * other. At most threads + 1 pieces exist at once (one for one thread).
 */
#ifndef TAMIS_RUN_PIPELINE_H
#define TAMIS_RUN_PIPELINE_H

#include "tamis.h"

struct pipeline {
    void *context;
    size_t job_bytes; /* the caller's struct, zeroed once and then reused for job after job */
    tamis_status (*read)(void *context, void *job, bool *end, tamis_err *err);               /* serial, in order */
    tamis_status (*work)(void *context, unsigned thread, void *job, tamis_err *err);         /* parallel */
    tamis_status (*write)(void *context, void *job, tamis_err *err);                         /* serial, in order */
    void (*release)(void *context, void *job);                                               /* of every job struct */

    /* In place of read(): */
    size_t piece_bytes; /* the caller's struct, zeroed once and reused; 0: there are no pieces */
    tamis_status (*load)(void *context, void *piece, bool *end, tamis_err *err);             /* serial, in order */
    tamis_status (*decode)(void *context, void *piece, tamis_err *err);                      /* parallel */
    /* Serial, in order, with the same piece until *made is false: then it is used up and the job untouched. */
    tamis_status (*join)(void *context, void *piece, void *job, bool *made, tamis_err *err);
    void (*release_piece)(void *context, void *piece);                                       /* of every piece struct */
};

/*
 * The first failure in job order is returned, whichever thread met it first; all jobs before it have been written and
 * none after it.
 */
tamis_status pipeline_run(const struct pipeline *pipeline, unsigned threads, tamis_err *err) TAMIS_MUST_CHECK;

#endif
