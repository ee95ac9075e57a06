/*
 * The built-in proxy: trains the small language model of scorers/lm.h on a cache and records the loss of every document
 * of the cache at every checkpoint, in nats per byte, all of one checkpoint under one state of the weights.
 *
 * The losses are the same for any number of threads: gradients are summed over fixed virtual workers in fixed order.
 * They are promised for one kind of CPU and one BLAS only. Weights and losses are saved at each checkpoint, which is
 * where an interrupted training continues.
 *
 * Memory: 112 MiB, and about 1 MB for each thread beyond 16; nothing that grows with the documents. Disk under
 * `work`: PROXY_DISK, 4 bytes per document and checkpoint.
 */
#ifndef TAMIS_SCORE_PROXY_H
#define TAMIS_SCORE_PROXY_H

#include <stdatomic.h>

#include "core/arena.h"
#include "run/progress.h"
#include "score/cache.h"

#define PROXY_DISK ((uint64_t)56 << 20)

struct proxy_options {
    uint64_t passes;      /* over the cache; at least 1 */
    uint64_t checkpoints; /* evenly spread over the passes, the last at the end; at least 2; the first is not at 0 */
    uint64_t seed;
    unsigned threads;
    /* Whether document i of the cache is trained on. Those that are not are held out: measured beside the others, for
     * the facts only, and in no trajectory. NULL: all are. Must answer the same whenever it is asked. */
    bool (*trains)(const void *context, uint64_t i);
    const void *context;
    const atomic_int *stop;     /* may be NULL */
    struct progress *progress;  /* may be NULL */
};

/* What was seen on the way, for reports; memory from the caller's arena. */
struct proxy_facts {
    uint64_t parameters, documents, bytes; /* documents and bytes of one pass */
    uint64_t held_out_documents;
    size_t checkpoints, groups;
    const uint64_t *steps;       /* bytes trained on at each checkpoint */
    /* Mean nats per byte: of each group, checkpoints x groups, NaN where it has no bytes; and of all, checkpoints. */
    const double *loss, *whole;                /* of what was trained on */
    const double *held_out, *held_out_whole;   /* of the others; NULL: there are none */
    /* What this call did, which is less than all when it resumed. */
    uint64_t learnt, measured;              /* bytes */
    double learn_seconds, measure_seconds;
};

/* Whether a model can be trained here at all, for asking before the work that leads to it: TAMIS_IO when not. */
tamis_status proxy_possible(tamis_err *err) TAMIS_MUST_CHECK;
/*
 * Writes trajectories v1 to `folder` (see trajectories_write; per byte; steps are bytes trained on; a row for each
 * document trained on, in the order of the cache) and resumes what an earlier call with the same cache and options left
 * under `work`; what other calls left there is removed. `work` stays, for the caller to remove. No text to train on,
 * or fewer bytes of it than checkpoints, is TAMIS_INPUT.
 */
tamis_status proxy_train(const struct cache *cache, const struct proxy_options *options, const char *folder,
                         const char *work, struct arena *arena, struct proxy_facts *facts, tamis_err *err)
    TAMIS_MUST_CHECK;

#endif
