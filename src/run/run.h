/*
 * What every stage of a run is given.
 */
#ifndef TAMIS_RUN_RUN_H
#define TAMIS_RUN_RUN_H

#include <stdatomic.h>

#include "run/ledger.h"
#include "run/progress.h"

struct run {
    struct recipe *recipe;
    struct rules *rules;
    struct inputs *inputs;
    const char *folder;  /* RUN */
    const char *ledger;  /* RUN/ledger */
    const char *tmp;     /* exists; private to this run */
    bool copies_frames;  /* frames are read as they stand, whatever the threads, so that they can be copied */
    bool scratch;        /* the run folder goes away at the end: its ledger is not forced to the disk */
    unsigned threads;
    uint64_t memory;     /* bytes the stage at hand may hold .. */
    uint64_t reserved;   /* .. beside these, which are held until the shards stand: --memory is both */
    uint64_t spare;      /* what may be held so that less is read and written twice, shelf and spools; once it is
                            reserved, by spools alone */
    struct shelf *shelf; /* takes what the survey reads, for later looks; NULL: nothing does */
    const atomic_int *stop; /* non-zero: finish the unit at hand and return TAMIS_INTERRUPTED; may be NULL */
    struct progress *progress; /* NULL: silent */
    struct stats *stats; /* NULL: nothing is measured */
};

bool run_stopped(const struct run *run);

/* After the survey, once: what the shelf holds and spools may hold is no longer there for what follows. */
void run_reserve(struct run *run);
/* What the shelf may hold of the spare bytes. */
uint64_t run_shelf_memory(uint64_t spare);

#endif
