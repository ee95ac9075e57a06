/* Laws and rules of mixtures, in closed form. */
#include "law/mixing.h"

#include <math.h>

#include "law/scaling.h"

double mixing_at(const struct mixing *law, const double *shares)
{
    double exponent = 0;
    for (size_t i = 0; i < law->count; i++) {
        exponent += law->t[i] * shares[i];
    }
    return law->c + law->k * tamis_exp(exponent);
}

double bimix_at(const struct bimix *law, double share, double steps)
{
    return law->a * real_power(share, -law->exponent_a) * (law->b * real_power(steps, -law->exponent_b) + law->c);
}

/* Relative to the largest pool, so that no power leaves the range of doubles. */
void temperature_shares(const double *tokens, size_t count, double alpha, double *shares)
{
    double largest = 0, sum = 0;
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, tokens[i]);
    }
    for (size_t i = 0; i < count; i++) {
        shares[i] = tokens[i] > 0 ? real_power(tokens[i] / largest, alpha) : 0;
        sum += shares[i];
    }
    for (size_t i = 0; i < count; i++) {
        shares[i] /= sum;
    }
}

/* From small pools to large ones; of equal pools the first comes first. `taken` is < 0 for pools not yet seen. */
static size_t smallest_unseen(const double *tokens, const double *taken, size_t count)
{
    size_t smallest = count;
    for (size_t i = 0; i < count; i++) {
        if (taken[i] < 0 && (smallest == count || tokens[i] < tokens[smallest])) {
            smallest = i;
        }
    }
    return smallest;
}

double unimax_tokens(const double *tokens, size_t count, double budget, double max_epochs, double *taken)
{
    double left = budget;
    for (size_t i = 0; i < count; i++) {
        taken[i] = -1;
    }
    for (size_t pools = count; pools > 0; pools--) {
        const size_t pool = smallest_unseen(tokens, taken, count);
        taken[pool] = fmin(left / (double)pools, tokens[pool] * max_epochs);
        left -= taken[pool];
    }
    return fmax(left, 0);
}

/* ---- CMR -------------------------------------------------------------------------------------------------------- */

const struct cmr_set cmr_sets[] = {
    {"460M", {0.22524761, 0.26944345, -0.48139982}},
    {"940M", {0.7520627, 0.13720245, -1.06581937}},
    {"1.6B", {-2.36384831, -0.15125569, 1.59223649}},
    {"3.1B", {-2.5368197, -0.42071423, 0.84375368}},
    {0},
};

double cmr_power_at(const struct cmr_power *law, double tokens)
{
    return law->a * real_power(tokens / CMR_UNIT, law->s) + law->b;
}
