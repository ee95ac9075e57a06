/*
 * For every part two sets are kept: all that it may match, while that is a small set of short sequences, and the best
 * set of which each of its matches holds one. Where something of unknown length stands, the sequence that grows is
 * weighed and begun anew.
 */
#include "need.h"

#include <math.h>

#define MORE_TIMES 3u /* x{2,5} is still written out */
#define KEPT 8        /* classes of a sequence that grows too long */

static uint32_t add_lengths(uint32_t a, uint32_t b)
{
    return a > NEED_ENDLESS - b ? NEED_ENDLESS : a + b;
}

struct need need_of_nothing(struct factor_space *space)
{
    return need_of_one(factors_one(space, &(struct factor){.len = 0}));
}

struct need need_of_unknown(uint32_t longest)
{
    return (struct need){.cost = INFINITY, .longest = longest};
}

struct need need_of_one(struct factors set)
{
    return (struct need){.exact = true, .whole = set, .cost = INFINITY, .longest = (uint32_t)factors_longest(set)};
}

static void weigh(struct factor_space *space, struct need *need, struct factors set, uint32_t ends_by)
{
    const struct factors least = factors_least(space, set, false);
    const double cost = factors_cost(space, least);
    if (cost < need->cost) {
        const uint32_t lead = ends_by == NEED_ENDLESS ? NEED_ENDLESS : ends_by - (uint32_t)factors_shortest(least);
        need->best = factors_led(space, least, lead, false);
        need->cost = cost;
    }
}

/* Every match holds one of `set`, which ends at most `ends_by` bytes behind its begin. Cut short they may be fewer. */
static void consider(struct factor_space *space, struct need *need, struct factors set, uint32_t ends_by)
{
    weigh(space, need, set, ends_by);
    for (size_t len = 4; set.count > 1 && len <= KEPT; len += 2) {
        weigh(space, need, factors_cut(space, set, len, true), ends_by);
        weigh(space, need, factors_cut(space, set, len, false), ends_by);
    }
}

void need_unite(struct factor_space *space, struct need *a, const struct need *b)
{
    struct factors whole, best;
    a->exact = a->exact && b->exact && factors_unite(space, a->whole, b->whole, &whole) &&
               whole.count <= FACTORS_JOINED;
    if (a->exact) {
        a->whole = whole;
    }
    const bool known = !isinf(a->cost) && !isinf(b->cost) && factors_unite(space, a->best, b->best, &best);
    a->cost = INFINITY;
    if (known) {
        a->best = best;
        a->cost = factors_cost(space, best);
    }
    a->longest = a->longest > b->longest ? a->longest : b->longest;
}

/* ---- Rows ------------------------------------------------------------------------------------------------------- */

struct row row_begin(struct factor_space *space)
{
    struct row row = {.sum = need_of_nothing(space)};
    row.tail = row.sum.whole;
    return row;
}

struct need row_end(struct factor_space *space, struct row *row)
{
    consider(space, &row->sum, row->tail, row->sum.longest);
    return row->sum;
}

static void add_gap(struct factor_space *space, struct row *row)
{
    consider(space, &row->sum, row->tail, row->sum.longest);
    row->tail = factors_one(space, &(struct factor){.len = 0});
    row->sum.exact = false;
}

/* The tail with `set` behind it, shortened at its begin when it gets too long; false: too many. */
static bool grow(struct factor_space *space, struct row *row, struct factors set)
{
    struct factors joined;
    if (!factors_join(space, row->tail, set, &joined)) {
        const struct factors cut = factors_cut(space, row->tail, KEPT, true);
        if (!factors_join(space, factors_least(space, cut, true), set, &joined)) {
            return false;
        }
    }
    row->tail = joined.count > 1 ? factors_least(space, joined, true) : joined;
    return true;
}

static void add_exact(struct factor_space *space, struct row *row, struct factors set)
{
    if (set.count == 1 && set.at[0].len == 0) {
        return;
    }
    const bool full = factors_longest(row->tail) + factors_longest(set) > FACTOR_BYTES;
    if (set.count > 1 || full) {
        consider(space, &row->sum, row->tail, row->sum.longest);
    }
    if (!grow(space, row, set)) {
        row->tail = set;
    }
    row->sum.exact = row->sum.exact && factors_join(space, row->sum.whole, set, &row->sum.whole);
    row->sum.longest = add_lengths(row->sum.longest, (uint32_t)factors_longest(set));
}

/* Everything that `set` repeated min to max times may be; false: too much. */
static bool repeat_exactly(struct factor_space *space, struct factors set, unsigned min, unsigned max,
                           struct factors *all)
{
    struct factors power = factors_one(space, &(struct factor){.len = 0});
    *all = power;
    if (max - min > MORE_TIMES || max > FACTOR_BYTES) {
        return false;
    }
    for (unsigned times = 1; times <= max; times++) {
        if (!factors_join(space, power, set, &power)) {
            return false;
        }
        if (times <= min) {
            *all = power;
        } else if (!factors_unite(space, *all, power, all) || all->count > FACTORS_JOINED) {
            return false;
        }
    }
    return true;
}

static uint32_t multiply_lengths(uint32_t length, unsigned times)
{
    const uint64_t product = (uint64_t)length * times;
    return length == 0 ? 0 : times == UINT32_MAX || product >= NEED_ENDLESS ? NEED_ENDLESS : (uint32_t)product;
}

void row_add(struct factor_space *space, struct row *row, const struct need *need, unsigned min, unsigned max)
{
    struct factors all;
    if (need->exact && repeat_exactly(space, need->whole, min, max, &all)) {
        add_exact(space, row, all);
        return;
    }
    const uint32_t before = row->sum.longest;
    if (min > 0 && need->cost < row->sum.cost) {
        row->sum.best = factors_led(space, need->best, before, true);
        row->sum.cost = need->cost;
    }
    const unsigned known = !need->exact ? 0 : min < FACTOR_BYTES ? min : FACTOR_BYTES;
    for (unsigned i = 0; i < known; i++) {
        add_exact(space, row, need->whole);
    }
    add_gap(space, row);
    row->sum.longest = add_lengths(before, multiply_lengths(need->longest, max));
    for (unsigned i = 0; i < known; i++) { /* the last ones, whose length is in the product already */
        add_exact(space, row, need->whole);
    }
    row->sum.longest = add_lengths(before, multiply_lengths(need->longest, max));
}
