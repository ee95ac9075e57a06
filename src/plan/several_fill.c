/* Water-filling over convex curves, and whole tokens. */
#include <math.h>

#include "law/root.h"
#include "plan/several.h"

#define HALVINGS 200    /* of lambda; a double has no more */

/* ---- Shares ----------------------------------------------------------------------------------------------------- */

/* What one more share gains: falls along the share. */
static double gain(const struct filling_item *item, double share)
{
    return -item->weight * dcpt_slope(item->curve, item->tokens, share);
}

struct gaining {
    const struct filling_item *item;
    double lambda;
};

static double gains_less(const void *context, double share)
{
    const struct gaining *const g = context;
    return g->lambda - gain(g->item, share);
}

static double share_at(const struct filling_item *item, double lambda)
{
    const struct gaining g = {item, lambda};
    return gain(item, item->low) > lambda ? rising_root(gains_less, &g, item->low, item->high) : item->low;
}

static double sum_at(const struct filling_item *items, size_t count, double lambda)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += share_at(&items[i], lambda);
    }
    return sum;
}

/* Between two levels that are as close as can be: a straight piece of a curve takes its shares all at once. */
static void take_between(const struct filling_item *items, size_t count, double total, double low, double high,
                         double *shares)
{
    const double least = sum_at(items, count, high), most = sum_at(items, count, low);
    const double part = most > least ? fmin(1, fmax(0, (total - least) / (most - least))) : 0;
    for (size_t i = 0; i < count; i++) {
        const double from = share_at(&items[i], high);
        shares[i] = from + part * (share_at(&items[i], low) - from);
    }
}

/* All at one end of their bounds; what is left of `total`. */
static double all_at_bounds(const struct filling_item *items, size_t count, double total, bool high, double *shares)
{
    for (size_t i = 0; i < count; i++) {
        shares[i] = high ? items[i].high : items[i].low;
        total -= shares[i];
    }
    return total;
}

struct filling fill_shares(const struct filling_item *items, size_t count, double total, double *shares)
{
    struct filling filling = {.lambda = NAN};
    double low = INFINITY, high = -INFINITY;
    filling.rest = all_at_bounds(items, count, total, true, shares);
    if (filling.rest >= 0) {
        return filling;
    }
    filling.rest = all_at_bounds(items, count, total, false, shares);
    if (filling.rest <= 0) {
        return filling;
    }
    for (size_t i = 0; i < count; i++) {
        low = fmin(low, gain(&items[i], items[i].high));
        high = fmax(high, gain(&items[i], items[i].low));
    }
    for (int i = 0; i < HALVINGS; i++) {
        const double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high) {
            break;
        }
        *(sum_at(items, count, middle) >= total ? &low : &high) = middle;
    }
    take_between(items, count, total, low, high, shares);
    return (struct filling){.lambda = low, .rest = 0};
}

/* ---- Tokens ----------------------------------------------------------------------------------------------------- */

static uint64_t room(const uint64_t *most, const uint64_t *taken, size_t i)
{
    return !most ? UINT64_MAX : most[i] > taken[i] ? most[i] - taken[i] : 0;
}

/* The one whose share is furthest above what it has, among those with room; of equals the first; count: none. */
static size_t next_in_line(const double *shares, const uint64_t *most, size_t count, uint64_t tokens,
                           const uint64_t *taken)
{
    size_t next = count;
    double furthest = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        const double behind = shares[i] * (double)tokens - (double)taken[i];
        if (shares[i] > 0 && room(most, taken, i) > 0 && behind > furthest) {
            furthest = behind;
            next = i;
        }
    }
    return next;
}

/* One by one what rounding down has left; at once what is more than a double's digits tell apart, or due to nobody. */
static uint64_t step_of(double behind, uint64_t left)
{
    const uint64_t whole = behind >= 1 ? (uint64_t)behind : behind > 0 ? 1 : left;
    return whole < left ? whole : left;
}

void share_tokens(const double *shares, const uint64_t *most, size_t count, uint64_t tokens, uint64_t *taken)
{
    uint64_t left = tokens;
    for (size_t i = 0; i < count; i++) {
        const double exact = floor(fmax(0, shares[i]) * (double)tokens);
        taken[i] = exact < (double)left ? (uint64_t)exact : left;
        taken[i] = most && taken[i] > most[i] ? most[i] : taken[i];
        left -= taken[i];
    }
    while (left > 0) {
        const size_t next = next_in_line(shares, most, count, tokens, taken);
        if (next == count) { /* no room anywhere: the limits give way */
            taken[0] += left;
            return;
        }
        const uint64_t step = step_of(shares[next] * (double)tokens - (double)taken[next], left);
        const uint64_t add = room(most, taken, next) < step ? room(most, taken, next) : step;
        taken[next] += add;
        left -= add;
    }
}
