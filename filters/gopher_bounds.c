/*
 * The joined text, the workspace, and what the most frequent n-gram comes to at most, without counting any. Collisions
 * of hashes and folded letters make more things look equal than are equal, never fewer: the bound errs on the high
 * side only.
 *
 * Every n-gram adds its length, gaps included, to a bucket chosen by the hashes of its tokens. All occurrences of one
 * share a bucket, so none weighs more than the heaviest bucket. Most texts need the weights of pairs only: where the
 * heaviest bucket has W, an n-gram of three tokens of lengths a, b, c that
 * occurs t times weighs
 *     t (a + b + c + 2) <= t (a + b + 1) + t (b + c + 1) <= 2 W,
 * one of four t (a + b + 1) + t (c + d + 1) + t <= 2 W + W / 3, because its first pair occurs at least t times and has
 * a length of at least 3.
 */
#include "gopher_kernel.h"

enum {
    LONG = 1 << 29, /* bytes: weights of shorter texts fit into 32 bits */
    COLUMNS = 10
};

/* ---- The workspace ---------------------------------------------------------------------------------------------- */

void grams_open(struct grams *g, tamis_cpu cpu)
{
    g->kernel = gram_kernel_for(cpu);
}

void grams_begin(struct grams *g)
{
    g->has_joined = g->has_chars = g->has_weight = false;
    g->search = GRAMS_NOT_SEARCHED;
}

void grams_release(struct grams *g)
{
    free(g->joined);
    free(g->columns);
    free(g->buckets);
    free(g->heads);
    free(g->table.slots);
    *g = (struct grams){0};
}

static bool reserve_joined(struct grams *g, size_t bytes)
{
    const size_t cap = gram_good_size(bytes + GRAMS_SLACK, g->joined_cap);
    if (cap != g->joined_cap) {
        free(g->joined);
        g->joined = malloc(cap);
        g->joined_cap = g->joined ? cap : 0;
    }
    return g->joined != NULL;
}

static bool reserve_columns(struct grams *g, size_t tokens)
{
    const size_t cap = gram_good_size(tokens + 1, g->cap);
    if (cap != g->cap) {
        free(g->columns);
        g->columns = cap <= SIZE_MAX / COLUMNS / sizeof *g->columns ? malloc(cap * COLUMNS * sizeof *g->columns) : NULL;
        g->cap = g->columns ? cap : 0;
    }
    if (g->columns) {
        uint32_t **const columns[COLUMNS] = {&g->at,        &g->chars, &g->before[0], &g->before[1], &g->before[2],
                                             &g->candidate, &g->reach, &g->list,      &g->times,     &g->skipped};
        for (size_t c = 0; c < COLUMNS; c++) {
            *columns[c] = g->columns + c * cap;
        }
    }
    return g->columns != NULL;
}

bool grams_reserve_buckets(struct grams *g, size_t count)
{
    const size_t cap = gram_good_size(count, g->buckets_cap);
    if (cap != g->buckets_cap) {
        free(g->buckets);
        g->buckets = malloc(cap * sizeof *g->buckets);
        g->buckets_cap = g->buckets ? cap : 0;
    }
    return g->buckets != NULL;
}

/* The number of leading bits of a hash that choose among at least `least` buckets. */
unsigned grams_bucket_bits(size_t least)
{
    unsigned bits = 8;
    while (((size_t)1 << bits) < least) {
        bits++;
    }
    return bits;
}

/* ---- The joined text -------------------------------------------------------------------------------------------- */

bool grams_join(struct grams *g, tamis_text *text)
{
    if (!g->has_joined) {
        g->tokens = tamis_text_outline(text);
        const tamis_str bytes = tamis_text_bytes(text);
        if (!reserve_columns(g, g->tokens.count) || !reserve_joined(g, bytes.len)) {
            return false;
        }
        g->kernel->join(g, bytes);
        g->has_joined = true;
    }
    return true;
}

static uint32_t count_chars(const char *at, uint32_t bytes)
{
    uint64_t first; /* and perhaps what comes behind it */
    memcpy(&first, at, sizeof first);
    if (bytes <= sizeof first && !(first & 0x8080808080808080u)) {
        return bytes;
    }
    uint32_t chars = 0;
    for (uint32_t i = 0; i < bytes; i++) {
        chars += ((unsigned char)at[i] & 0xc0u) != 0x80;
    }
    return chars;
}

bool grams_join_chars(struct grams *g, tamis_text *text)
{
    if (!g->has_chars) {
        if (!grams_join(g, text)) {
            return false;
        }
        g->chars[0] = 0;
        for (size_t i = 0; i < g->tokens.count; i++) {
            g->chars[i + 1] = g->chars[i] + count_chars(g->joined + g->at[i], g->at[i + 1] - g->at[i]);
        }
        g->has_chars = true;
    }
    return true;
}

static bool places(struct grams *g, tamis_text *text, enum grams_unit unit, const uint32_t **at)
{
    const bool made = unit == GRAMS_BYTES ? grams_join(g, text) : grams_join_chars(g, text);
    *at = unit == GRAMS_BYTES ? g->at : g->chars;
    return made;
}

/* ---- The most frequent n-gram ----------------------------------------------------------------------------------- */

bool grams_top_weight(struct grams *g, tamis_text *text, size_t n, enum grams_unit unit, uint64_t *most)
{
    const uint32_t *at = NULL;
    if (!places(g, text, unit, &at)) {
        return false;
    }
    const unsigned bits = grams_bucket_bits(g->tokens.count * 2);
    if (!grams_reserve_buckets(g, (size_t)1 << bits)) {
        return false;
    }
    memset(g->buckets, 0, sizeof *g->buckets << bits);
    const bool fits = at[g->tokens.count] <= LONG; /* else a bucket could overflow */
    *most = fits ? g->kernel->weigh(g, n, at, bits) : UINT64_MAX;
    return true;
}

bool grams_top_bound(struct grams *g, tamis_text *text, size_t n, uint64_t *most)
{
    if (!g->has_weight && !grams_top_weight(g, text, 2, GRAMS_BYTES, &g->weight)) {
        return false;
    }
    const uint64_t pair = g->weight;
    g->has_weight = true;
    *most = pair == UINT64_MAX ? pair : n == 2 ? pair : n == 3 ? pair * 2 : pair * 2 + pair / 3;
    return true;
}
