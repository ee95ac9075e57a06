/*
 * The loops over all tokens in portable C, and the choice of a kernel.
 */
#include "gopher_kernel.h"

static uint64_t load5(const char *at)
{
    uint64_t x = 0;
    memcpy(&x, at, 5);
    return x;
}

/* Whether the last of so many bytes, 5 or more, are the same. */
static bool same_tail(const char *a, const char *b, uint32_t bytes)
{
    uint32_t x, y;
    if (bytes >= 8) {
        return gram_load8(a + bytes - 8) == gram_load8(b + bytes - 8);
    }
    memcpy(&x, a + bytes - 4, sizeof x);
    memcpy(&y, b + bytes - 4, sizeof y);
    return x == y;
}

static inline uint32_t run_of(const char *a, const char *b, uint32_t least, uint32_t most)
{
    return same_tail(a, b, least) ? gram_common(a, b, most) : 0;
}

#include "gopher_follow.h"

/* ---- Joining and weighing --------------------------------------------------------------------------------------- */

/* The bytes of all tokens, one behind the other; copies of 16 bytes where the text goes on for so long. */
static void copy_tokens(struct grams *g, tamis_str text)
{
    enum { COPY = 16 };
    const tamis_outline *const o = &g->tokens;
    uint32_t at = 0;
    for (size_t i = 0; i < o->count; i++) {
        const uint32_t begin = o->begin[i], bytes = o->end[i] - begin;
        g->at[i] = at;
        if (bytes <= COPY && (size_t)begin + COPY <= text.len) {
            memcpy(g->joined + at, text.at + begin, COPY);
        } else {
            memcpy(g->joined + at, text.at + begin, bytes);
        }
        at += bytes;
    }
    g->at[o->count] = at;
    memset(g->joined + at, 0, GRAMS_SLACK);
}

static inline uint32_t heaviest(struct grams *g, size_t n, const uint32_t *at, unsigned bits)
{
    const uint64_t *const hash = g->tokens.hash;
    uint32_t *const buckets = g->buckets;
    uint32_t most = 0;
    for (size_t i = 0; i + n <= g->tokens.count; i++) {
        uint32_t *const bucket = &buckets[grams_hash(hash + i, n) >> (64 - bits)];
        *bucket += at[i + n] - at[i] + (uint32_t)n - 1;
        most = *bucket > most ? *bucket : most;
    }
    return most;
}

static uint32_t weigh(struct grams *g, size_t n, const uint32_t *at, unsigned bits)
{
    return n == 2 ? heaviest(g, 2, at, bits) : n == 3 ? heaviest(g, 3, at, bits) : heaviest(g, 4, at, bits);
}

/* ---- Linking ---------------------------------------------------------------------------------------------------- */

/* Links all tokens by their first bytes and flags those with one before them. Lists those of the next level. */
static size_t link_tokens(struct grams *g, unsigned bits)
{
    const uint32_t *const at = g->at, base = g->base;
    const char *const joined = g->joined;
    uint32_t *const heads = g->heads, *const before = g->before[0], *const list = g->list;
    uint32_t *const flags = grams_flags(g);
    const size_t count = grams_starts(g);
    size_t listed = 0;
    for (size_t from = 0; from < count; from += GRAMS_FLAGS) {
        const size_t to = from + GRAMS_FLAGS < count ? from + GRAMS_FLAGS : count;
        uint32_t linked = 0;
        for (size_t i = from; i < to; i++) {
            const char *const window = joined + at[i];
            const uint64_t h = gram_load8(window) * GRAMS_ODD + gram_load8(window + GRAMS_WINDOW - 8) * GRAMS_ODD_TOO;
            uint32_t *const head = &heads[h >> (64 - bits)];
            const uint32_t earlier = (*head > base ? *head : base) - base;
            *head = base + (uint32_t)i + 1;
            before[i] = earlier;
            linked = linked >> 1 | (uint32_t)(earlier != 0) << (GRAMS_FLAGS - 1);
            list[listed] = (uint32_t)i;
            listed += at[i + GRAMS_N] - at[i] < GRAMS_WINDOW;
        }
        flags[from / GRAMS_FLAGS] = linked >> (GRAMS_FLAGS - (to - from));
    }
    g->base += (uint32_t)g->tokens.count;
    return listed;
}

/* The same for the listed tokens on a next level. Leaves those on the list that are on the level behind it, too. */
static size_t link_brief(struct grams *g, size_t listed, size_t level, unsigned bits)
{
    size_t kept = 0;
    for (size_t k = 0; k < listed; k++) {
        const uint32_t i = g->list[k], base = g->base;
        const char *const at = g->joined + g->at[i];
        uint32_t *const head = &g->heads[(level == 1 ? gram_load8(at) : load5(at)) * GRAMS_ODD >> (64 - bits)];
        const uint32_t earlier = (*head > base ? *head : base) - base;
        *head = base + i + 1;
        g->before[level][i] = earlier;
        grams_flags(g)[i / GRAMS_FLAGS] |= (uint32_t)(earlier != 0) << i % GRAMS_FLAGS;
        g->list[kept] = i;
        kept += grams_bytes_of(g, i, GRAMS_N) < windows[level];
    }
    g->base += (uint32_t)g->tokens.count;
    return kept;
}

static size_t list_flagged(const struct grams *g)
{
    const uint32_t *const flags = grams_flags(g);
    const size_t count = grams_starts(g);
    size_t listed = 0;
    for (size_t word = 0; word * GRAMS_FLAGS < count; word++) {
        for (uint32_t left = flags[word]; left; left &= left - 1) {
            g->list[listed++] = (uint32_t)(word * GRAMS_FLAGS) + (uint32_t)__builtin_ctz(left);
        }
    }
    return listed;
}

/* Drops the tokens with one only before them, by chance, and no next level. */
static size_t drop_chance(const struct grams *g, size_t listed)
{
    const uint32_t *const before = g->before[0];
    size_t kept = 0;
    for (size_t k = 0; k < listed; k++) {
        const uint32_t i = g->list[k], bytes = grams_bytes_of(g, i, GRAMS_N);
        const uint32_t least = bytes < GRAMS_WINDOW ? GRAMS_WINDOW : bytes;
        const uint32_t j = before[i] ? before[i] - 1 : i;
        const char *const tail = g->joined + least - 8;
        g->list[kept] = i;
        grams_first(g)[kept] = before[i];
        const bool same = gram_load8(tail + g->at[i]) == gram_load8(tail + g->at[j]);
        kept += same | (before[j] != 0) | (bytes < GRAMS_WINDOW);
    }
    return kept;
}

static size_t list_tokens(struct grams *g)
{
    return drop_chance(g, list_flagged(g));
}

/* ---- The kernels ------------------------------------------------------------------------------------------------ */

const struct gram_kernel gram_plain = {
    copy_tokens, weigh, link_tokens, link_brief, list_tokens, find_reaches, walk,
};

const struct gram_kernel *gram_kernel_for(tamis_cpu cpu)
{
#if defined(__x86_64__)
    if (cpu >= TAMIS_CPU_AVX512) {
        return &gram_avx512;
    }
#endif
    (void)cpu;
    return &gram_plain;
}
