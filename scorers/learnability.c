/*
 * The loss at the first checkpoint a document was measured at minus the loss at the last: what the training has learned
 * of it. Before the first step all documents have much the same loss, and the score says no more than final_loss does;
 * `skip` leaves such checkpoints out.
 */
#include "tamis.h"

#include <math.h>

struct learnability {
    uint64_t skip;
};

struct state {
    uint64_t observed;
    double first, last;
};

static const tamis_param params[] = {
    {"skip", TAMIS_COUNT, offsetof(struct learnability, skip), "0", 0, 0, NULL,
     "checkpoints left out at the beginning of the run"},
    {0},
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
    const struct learnability *const l = self;
    struct state *const s = state;
    if (checkpoint < l->skip) {
        return;
    }
    if (s->observed++ == 0) {
        s->first = loss;
    }
    s->last = loss;
}

static double score(const void *self, const void *state, bool *shortened)
{
    (void)self;
    const struct state *const s = state;
    *shortened = false;
    return s->observed >= 2 ? s->first - s->last : NAN;
}

extern const tamis_scorer tamis_scorer_learnability;
const tamis_scorer tamis_scorer_learnability = {
    .abi = TAMIS_SCORER_ABI,
    .version = 1,
    .name = "learnability",
    .summary = "loss at the first checkpoint minus loss at the last",
    .params = params,
    .self_bytes = sizeof(struct learnability),
    .state_bytes = state_bytes,
    .begin = begin,
    .observe = observe,
    .score = score,
};
