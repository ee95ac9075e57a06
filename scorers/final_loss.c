/*
 * A document's loss at the last checkpoint it was measured at.
 */
#include "tamis.h"

#include <math.h>

static size_t state_bytes(const void *self)
{
    (void)self;
    return sizeof(double);
}

static void begin(const void *self, void *state)
{
    (void)self;
    *(double *)state = NAN;
}

static void observe(const void *self, void *state, uint64_t checkpoint, double loss)
{
    (void)self;
    (void)checkpoint;
    *(double *)state = loss;
}

static double score(const void *self, const void *state, bool *shortened)
{
    (void)self;
    *shortened = false;
    return *(const double *)state;
}

extern const tamis_scorer tamis_scorer_final_loss;
const tamis_scorer tamis_scorer_final_loss = {
    .abi = TAMIS_SCORER_ABI,
    .version = 1,
    .name = "final_loss",
    .summary = "loss at the last checkpoint",
    .state_bytes = state_bytes,
    .begin = begin,
    .observe = observe,
    .score = score,
};
