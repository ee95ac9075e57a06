/*
 * Following the links of tokens, compiled into each kernel with its own
 *
 *     static inline uint32_t run_of(const char *a, const char *b, uint32_t least, uint32_t most);
 *
 * how many of `most` bytes are the same at `a` and at `b`; 0 when fewer than `least` (5 or more) are.
 */
#include "gopher_kernel.h"

static const uint32_t windows[GRAMS_LEVELS] = GRAMS_WINDOWS;

/* What is left of `steps` after a comparison that found so many bytes the same. */
static inline size_t spend(size_t steps, uint32_t same)
{
    const size_t spent = 1 + same / 64;
    return spent < steps ? steps - spent : 0;
}

/* The most bytes that are the same from token `i` on and from token `j` - 1 on, or from one that this leads to. */
static inline uint32_t reach_on(const struct grams *g, uint32_t i, const uint32_t *before, uint32_t j, uint32_t least,
                                uint32_t most, size_t *steps)
{
    const char *const joined = g->joined;
    const uint32_t *const at = g->at;
    uint32_t reach = 0;
    for (; j != 0 && *steps > 0 && reach < most; j = before[j - 1]) {
        const uint32_t same = run_of(joined + at[i], joined + at[j - 1], least, most);
        *steps = spend(*steps, same);
        reach = same > reach ? same : reach;
    }
    return reach;
}

/* The same on the next levels, for what did not reach over the windows of the first. */
static uint32_t reach_brief(const struct grams *g, uint32_t i, uint32_t reach, uint32_t least, uint32_t most,
                            size_t *steps)
{
    for (size_t level = 1; level < GRAMS_LEVELS && least < windows[level - 1] && reach < windows[level - 1] &&
                           reach < most; level++) {
        const uint32_t same = reach_on(g, i, g->before[level], g->before[level][i], least, most, steps);
        reach = same > reach ? same : reach;
    }
    return reach;
}

static void find_reaches(struct grams *g, size_t listed)
{
    const uint32_t *const at = g->at, *const list = g->list, *const first = grams_first(g);
    const size_t tokens = g->tokens.count;
    size_t steps = g->steps, found = 0, repeated = 0;
    uint32_t covered = 0; /* up to here */
    for (size_t k = 0; k < listed && steps > 0; k++) {
        const uint32_t i = list[k], begin = at[i], least = at[i + GRAMS_N] - begin;
        const size_t last = tokens - i < GRAM_DUPLICATED_LAST ? tokens : (size_t)i + GRAM_DUPLICATED_LAST;
        const uint32_t most = at[last] - begin;
        uint32_t reach = reach_on(g, i, g->before[0], first[k], least, most, &steps);
        if (least < windows[0] && reach < windows[0]) {
            reach = reach_brief(g, i, reach, least, most, &steps);
        }
        g->candidate[found] = i;
        g->reach[found] = reach;
        if (reach >= least) {
            const uint32_t from = begin > covered ? begin : covered, end = begin + reach;
            repeated += end > from ? end - from : 0;
            covered = end > covered ? end : covered;
            found++;
        }
    }
    g->steps = steps;
    g->candidates = found;
    g->repeated = repeated;
}

/* Whether the n-gram from `i` on was met before. */
static inline bool met_gram(struct grams *g, uint32_t i, size_t n)
{
    const uint32_t bytes = grams_bytes_of(g, i, n);
    const uint32_t *const before = g->before[bytes >= windows[0] ? 0 : bytes >= windows[1] ? 1 : 2];
    const char *const at = g->joined + g->at[i];
    size_t steps = g->steps;
    bool met = false;
    for (uint32_t j = before[i]; j != 0 && steps > 0 && !met; j = before[j - 1]) {
        const uint32_t k = j - 1;
        const bool may = g->skipped[k] != g->walk && grams_bytes_of(g, k, n) == bytes;
        const uint32_t same = may ? run_of(at, g->joined + g->at[k], bytes, bytes) : 0;
        steps = spend(steps, same);
        met = same == bytes;
    }
    g->steps = steps;
    return met;
}

static uint64_t walk(struct grams *g, size_t n, const uint32_t *place)
{
    uint64_t sum = 0;
    size_t next = 0;
    for (size_t k = 0; k < g->candidates && g->candidate[k] + n <= g->tokens.count; k++) {
        const uint32_t i = g->candidate[k];
        if (i >= next && grams_bytes_of(g, i, n) <= g->reach[k] && met_gram(g, i, n)) {
            sum += place[i + n] - place[i];
            next = i + n;
            for (size_t t = (size_t)i + 1; t < next; t++) {
                g->skipped[t] = g->walk;
            }
        }
    }
    return sum;
}
