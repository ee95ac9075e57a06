/*
 * The mean of a document's losses over all checkpoints it was measured at; exp of it is a perplexity. Its middle is a
 * strong baseline (Marion et al.: When Less is More, 2023).
 */
#include "tamis.h"

#include <math.h>

struct state {
    uint64_t observed;
    double first;
    double sum; /* of differences from the first, so that equal losses have that loss as their mean */
};

static size_t state_bytes(const void *self)
{
    (void)self;
    return sizeof(struct state);
}

static void begin(const void *self, void *state)
{
    (void)self;
    *(struct state *)state = (struct state){0};
}

static void observe(const void *self, void *state, uint64_t checkpoint, double loss)
{
    (void)self;
    (void)checkpoint;
    struct state *const s = state;
    if (s->observed++ == 0) {
        s->first = loss;
    }
    s->sum += loss - s->first;
}

static double score(const void *self, const void *state, bool *shortened)
{
    (void)self;
    const struct state *const s = state;
    *shortened = false;
    return s->observed > 0 ? s->first + s->sum / (double)s->observed : NAN;
}

extern const tamis_scorer tamis_scorer_mean_loss;
const tamis_scorer tamis_scorer_mean_loss = {
    .abi = TAMIS_SCORER_ABI,
    .version = 1,
    .name = "mean_loss",
    .summary = "mean loss over the checkpoints",
    .state_bytes = state_bytes,
    .begin = begin,
    .observe = observe,
    .score = score,
};
