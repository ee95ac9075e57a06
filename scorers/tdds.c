/*
 * TDDS on losses (Zhang, Du, Li, Xie, Zhou: Spanning Training Progress: Temporal Dual-Depth Scoring, 2024): how
 * unevenly a document's loss changes inside a window of checkpoints, folded over the places of the window:
 *
 *     d_t = |L_(t+1) - L_t|                      form=difference
 *     d_t = exp(-L_(t+1)) |L_(t+1) - L_t|        form=target
 *     n_k = sqrt(sum (d - mean d)^2)             over the window - 1 differences of window k
 *     S  <- (1 - decay) S + decay n_k            S = 0 at first
 *
 * The norm is that of the authors' code, not divided and not squared. The exact method needs the whole softmax of every
 * token; `target` is the term of the observed token in it. `decay` is the weight of the newest window: with 0.9 the
 * score is little more than the last window, so that `length` says which checkpoints matter.
 */
#include "window.h"

#include <math.h>

enum { FORM_DIFFERENCE, FORM_TARGET };
enum { FEWEST = 3 }; /* losses: two differences */

struct tdds {
    uint64_t window, length;
    double decay;
    int form;
    bool strict;
};

struct state {
    uint64_t observed;
    double last; /* loss */
    double sum;
    double ring[]; /* of differences, window - 1 places */
};

#define AT(field) offsetof(struct tdds, field)

static const tamis_param params[] = {
    {"window", TAMIS_COUNT, AT(window), "10", FEWEST, 4096, NULL, "checkpoints in a window"},
    {"length", TAMIS_COUNT, AT(length), "0", 0, 0, NULL, "only so many checkpoints from the first on; 0: all"},
    {"decay", TAMIS_REAL, AT(decay), "0.9", 0, 1, NULL, "weight of the newest window, above 0"},
    {"form", TAMIS_CHOICE, AT(form), "difference", 0, 0, "difference|target",
     "a change of the loss as it is, or weighted by exp(-loss) after it"},
    {"strict", TAMIS_BOOL, AT(strict), "false", 0, 0, NULL, "no score rather than a shorter window"},
    {0},
};

static tamis_status check_options(void *self, tamis_err *err)
{
    const struct tdds *const t = self;
    if (t->decay == 0) {
        return tamis_fail(err, TAMIS_USAGE, "scorer tdds: with decay 0 every score is 0; choose a decay above 0 and at "
                                            "most 1");
    }
    if (t->length > 0 && t->length < FEWEST) {
        return tamis_fail(err, TAMIS_USAGE, "scorer tdds: length is %llu, but a change of changes needs at least %d "
                                            "checkpoints; write a larger length, or 0 for all",
                          (unsigned long long)t->length, FEWEST);
    }
    return TAMIS_OK;
}

static size_t state_bytes(const void *self)
{
    const struct tdds *const t = self;
    return sizeof(struct state) + (size_t)(t->window - 1) * sizeof(double);
}

static void begin(const void *self, void *state)
{
    (void)self;
    struct state *const s = state;
    s->observed = 0;
    s->last = s->sum = 0;
}

/* S after one more window: the newest `differences`. */
static double fold(const struct tdds *t, const struct state *s, uint64_t differences)
{
    return (1 - t->decay) * s->sum + t->decay * window_spread(s->ring, t->window - 1, differences, 1);
}

static void observe(const void *self, void *state, uint64_t checkpoint, double loss)
{
    const struct tdds *const t = self;
    struct state *const s = state;
    if (t->length > 0 && checkpoint >= t->length) {
        return;
    }
    if (s->observed > 0) {
        const double weight = t->form == FORM_TARGET ? tamis_exp(-loss) : 1;
        window_push(s->ring, t->window - 1, s->observed - 1, weight * fabs(loss - s->last));
    }
    s->last = loss;
    s->observed++;
    if (s->observed >= t->window) {
        s->sum = fold(t, s, s->observed - 1);
    }
}

static double score(const void *self, const void *state, bool *shortened)
{
    const struct tdds *const t = self;
    const struct state *const s = state;
    *shortened = false;
    if (s->observed < FEWEST || (s->observed < t->window && t->strict)) {
        return NAN;
    }
    if (s->observed < t->window) {
        *shortened = true;
        return fold(t, s, s->observed - 1);
    }
    return s->sum;
}

extern const tamis_scorer tamis_scorer_tdds;
const tamis_scorer tamis_scorer_tdds = {
    .abi = TAMIS_SCORER_ABI,
    .version = 1,
    .name = "tdds",
    .summary = "how unevenly a document's loss changes, the newest windows of checkpoints weighing most",
    .params = params,
    .self_bytes = sizeof(struct tdds),
    .open = check_options,
    .state_bytes = state_bytes,
    .begin = begin,
    .observe = observe,
    .score = score,
};
