/*
 * Dynamic Uncertainty (He, Yang, Huang, Zhao: Large-scale Dataset Pruning with Dynamic Uncertainty, 2023, equations 1
 * and 2): the standard deviation of a document's probability inside a window of checkpoints, with divisor window - 1,
 * averaged over all places of the window. A document that is learned while it is watched scores high.
 *
 * The probability is exp(-loss), the geometric mean of the probabilities of its tokens (or bytes). The authors' code
 * leaves out the window that ends at the last checkpoint (windows=paper) and multiplies by 10, which is not done here.
 */
#include "window.h"

#include <math.h>

enum { WINDOWS_ALL, WINDOWS_PAPER };
enum { INPUT_PROB, INPUT_LOSS };

struct dynamic_uncertainty {
    uint64_t window;
    int windows, input;
    bool strict;
};

struct state {
    uint64_t observed;
    double sum;    /* of the spreads of all full windows but the newest */
    double newest; /* the spread of the newest */
    double ring[];
};

#define AT(field) offsetof(struct dynamic_uncertainty, field)

static const tamis_param params[] = {
    {"window", TAMIS_COUNT, AT(window), "10", 2, 4096, NULL, "checkpoints a standard deviation is taken of"},
    {"windows", TAMIS_CHOICE, AT(windows), "all", 0, 0, "all|paper",
     "paper: without the window that ends at the last checkpoint"},
    {"input", TAMIS_CHOICE, AT(input), "prob", 0, 0, "prob|loss", "what is watched: exp(-loss) or the loss itself"},
    {"strict", TAMIS_BOOL, AT(strict), "false", 0, 0, NULL, "no score rather than a shorter window"},
    {0},
};

static size_t state_bytes(const void *self)
{
    const struct dynamic_uncertainty *const d = self;
    return sizeof(struct state) + (size_t)d->window * sizeof(double);
}

static void begin(const void *self, void *state)
{
    (void)self;
    struct state *const s = state;
    s->observed = 0;
    s->sum = s->newest = 0;
}

static void observe(const void *self, void *state, uint64_t checkpoint, double loss)
{
    (void)checkpoint;
    const struct dynamic_uncertainty *const d = self;
    struct state *const s = state;
    window_push(s->ring, d->window, s->observed++, d->input == INPUT_PROB ? tamis_exp(-loss) : loss);
    if (s->observed >= d->window) {
        s->sum += s->newest;
        s->newest = window_spread(s->ring, d->window, s->observed, (double)(d->window - 1));
    }
}

static double score(const void *self, const void *state, bool *shortened)
{
    const struct dynamic_uncertainty *const d = self;
    const struct state *const s = state;
    const bool paper = d->windows == WINDOWS_PAPER;
    const uint64_t needed = paper ? d->window + 1 : d->window;
    *shortened = false;
    if (s->observed < 2 || (s->observed < needed && d->strict)) {
        return NAN;
    }
    if (s->observed < needed) {
        *shortened = true;
        return window_spread(s->ring, d->window, s->observed, (double)(s->observed - 1));
    }
    const double windows = (double)(s->observed - needed + 1);
    return (paper ? s->sum : s->sum + s->newest) / windows;
}

extern const tamis_scorer tamis_scorer_dynamic_uncertainty;
const tamis_scorer tamis_scorer_dynamic_uncertainty = {
    .abi = TAMIS_SCORER_ABI,
    .version = 1,
    .name = "dynamic_uncertainty",
    .summary = "how much a document's probability moves within a window of checkpoints",
    .params = params,
    .self_bytes = sizeof(struct dynamic_uncertainty),
    .state_bytes = state_bytes,
    .begin = begin,
    .observe = observe,
    .score = score,
};
