/*
 * The built-in proxy: trains the small language model of scorers/lm.h on a cache and records the loss of every document
 * of the cache at every checkpoint, in nats per byte, all of one checkpoint under one state of the weights.
 *
 * The losses are the same for any number of threads: gradients are summed over fixed virtual workers in fixed order.
 * They are promised for one kind of CPU and one BLAS only. Weights and losses are saved at each checkpoint, which is
 * where an interrupted training continues.
 */
#ifndef TAMIS_SCORE_PROXY_H
#define TAMIS_SCORE_PROXY_H

#include <stdatomic.h>

#include "core/arena.h"
#include "run/progress.h"
#include "score/cache.h"

struct proxy_options {
    uint64_t passes;      /* over the cache; at least 1 */
    uint64_t checkpoints; /* evenly spread over the passes, the last at the end; at least 2. The untrained model is none */
    uint64_t seed;
    unsigned threads;
    const atomic_int *stop;     /* may be NULL */
    struct progress *progress;  /* may be NULL */
};

/* What was seen on the way, for reports; memory from the caller's arena. */
struct proxy_facts {
    uint64_t parameters, documents, bytes;
    size_t checkpoints, groups;
    const double *loss; /* checkpoints x groups: mean nats per byte of the group's bytes */
};

/*
 * Writes trajectories v1 to `folder` (see trajectories_write; per byte; steps are bytes trained on) and resumes what an
 * earlier call left under `work`. An empty cache is TAMIS_INPUT.
 */
tamis_status proxy_train(const struct cache *cache, const struct proxy_options *options, const char *folder,
                         const char *work, struct arena *arena, struct proxy_facts *facts, tamis_err *err)
    TAMIS_MUST_CHECK;

#endif
