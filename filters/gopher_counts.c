/*
 * The repeated n-grams of a text, counted exactly: equal means equal, a hash only finds the place to look.
 *
 * The most frequent n-gram. Buckets chosen by the hashes of its tokens count every n-gram; equal ones share one, so
 * none occurs more often than its bucket says, and those in buckets with less than the best count found so far need
 * not be looked at.
 *
 * Duplicated n-grams. Two equal n-grams have the same joined bytes from their first token on, though perhaps not the
 * same tokens. Both have n >= 5 tokens, so both their first bytes are the same as far as any of their first 5 tokens
 * reach, L5. Every token is put into a table by its first 12 bytes, where it finds the last token before it with the
 * same hash, and so on. That leads from each n-gram of at least 12 bytes to all equal ones before it. Tokens with an L5
 * of less than 12 are put by their first 8 bytes as well, and those with one of less than 8 by their first 5: these
 * lead between shorter n-grams. The tokens that are left when the bytes up to L5 were compared are few. For each n the
 * text is walked through over these only: all others are never equal to anything before them. Tokens that were stepped
 * over with an n-gram were not met. Where that would take too many comparisons, all n-grams go into a hash table.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "gopher_kernel.h"

/* Where tokens begin in characters. */
static bool find_places(struct grams *g, tamis_text *text, const uint32_t **place)
{
    const bool ascii = tamis_text_chars(text) == tamis_text_bytes(text).len;
    const bool made = ascii ? grams_join(g, text) : grams_join_chars(g, text);
    *place = ascii ? g->at : g->chars;
    return made;
}

/* ---- The most frequent n-gram ----------------------------------------------------------------------------------- */

/* Counts n-grams in buckets. Returns the most in one. `n` is a constant where this is called. */
static inline uint32_t fill_buckets(struct grams *g, size_t n, unsigned bits)
{
    uint32_t *const buckets = g->buckets;
    uint32_t most = 0;
    memset(buckets, 0, sizeof *buckets << bits);
    for (size_t i = 0; i + n <= g->tokens.count; i++) {
        const uint32_t count = ++buckets[grams_hash(g->tokens.hash + i, n) >> (64 - bits)];
        most = count > most ? count : most;
    }
    return most;
}

/* Lists the n-grams in buckets with at least so many. */
static inline size_t list_frequent(struct grams *g, size_t n, unsigned bits, uint32_t least)
{
    const uint32_t *const buckets = g->buckets;
    uint32_t *const list = g->list;
    size_t listed = 0;
    for (size_t i = 0; i + n <= g->tokens.count; i++) {
        list[listed] = (uint32_t)i;
        listed += buckets[grams_hash(g->tokens.hash + i, n) >> (64 - bits)] >= least;
    }
    return listed;
}

/* The same by the value of `n`. */
static uint32_t fill_buckets_of(struct grams *g, size_t n, unsigned bits)
{
    return n == 2 ? fill_buckets(g, 2, bits) : n == 3 ? fill_buckets(g, 3, bits) : fill_buckets(g, 4, bits);
}

static size_t list_frequent_of(struct grams *g, size_t n, unsigned bits, uint32_t least)
{
    return n == 2   ? list_frequent(g, 2, bits, least)
           : n == 3 ? list_frequent(g, 3, bits, least)
                    : list_frequent(g, 4, bits, least);
}

static bool same_tokens(const struct grams *g, uint32_t i, uint32_t j, size_t n)
{
    for (size_t k = 1; k <= n; k++) {
        if (grams_bytes_of(g, i, k) != grams_bytes_of(g, j, k)) {
            return false;
        }
    }
    const uint32_t bytes = grams_bytes_of(g, i, n);
    return gram_common(g->joined + g->at[i], g->joined + g->at[j], bytes) == bytes;
}

/* The first n-gram with the tokens of that from `i` on. */
static uint32_t first_gram(struct grams *g, uint32_t i, size_t n)
{
    const uint32_t bytes = grams_bytes_of(g, i, n);
    const uint64_t key = grams_hash(g->tokens.hash + i, n) + bytes, hash = key * GRAMS_ODD >> 32;
    struct gram_slot *slot = gram_table_at(&g->table, hash);
    for (; gram_table_holds(&g->table, slot); slot = gram_table_next(&g->table, slot)) {
        if (slot->key == key && same_tokens(g, i, slot->value, n)) {
            return slot->value;
        }
    }
    gram_table_put(&g->table, slot, key, i);
    g->times[i] = 0;
    return i;
}

struct most {
    uint32_t first, times;
};

/* The most frequent of the listed n-grams, of several equally frequent the one seen first; the first when none is. */
static bool count_listed(struct grams *g, size_t listed, size_t n, struct most *most)
{
    *most = (struct most){0, 1};
    if (!gram_table_begin(&g->table, listed)) {
        return false;
    }
    for (size_t k = 0; k < listed; k++) {
        const uint32_t first = first_gram(g, g->list[k], n), times = ++g->times[first];
        if (times > most->times || (times == most->times && first < most->first)) {
            *most = (struct most){first, times};
        }
    }
    return true;
}

bool grams_top(struct grams *g, tamis_text *text, size_t n, uint64_t *chars)
{
    const uint32_t *place = NULL;
    *chars = 0;
    if (!find_places(g, text, &place)) {
        return false;
    }
    if (g->tokens.count < n) {
        return true;
    }
    const unsigned bits = grams_bucket_bits(g->tokens.count * 4);
    if (!grams_reserve_buckets(g, (size_t)1 << bits)) {
        return false;
    }
    struct most most = {0, 1}; /* unless one occurs twice, the first of all */
    const uint32_t highest = fill_buckets_of(g, n, bits), least = highest / 2 + 1;
    bool made = highest < 2 || count_listed(g, list_frequent_of(g, n, bits, least), n, &most);
    if (made && most.times < least && least > 2) {
        made = count_listed(g, list_frequent_of(g, n, bits, most.times < 2 ? 2 : most.times), n, &most);
    }
    *chars = (uint64_t)(place[most.first + n] - place[most.first] + n - 1) * most.times;
    return made;
}

/* ---- Which n-grams may be duplicated ---------------------------------------------------------------------------- */

enum { STEPS = 24 }; /* comparisons per token, on the average */

/* Makes room for the heads of all levels. A head is the token last put there and `base`; `base` and less is none. */
static bool reserve_heads(struct grams *g, size_t count)
{
    const size_t cap = gram_good_size(count, g->heads_cap);
    if (cap != g->heads_cap || g->base > UINT32_MAX - GRAMS_LEVELS * (g->tokens.count + 1)) {
        free(g->heads);
        g->heads = calloc(cap, sizeof *g->heads);
        g->heads_cap = g->heads ? cap : 0;
        g->base = 0;
    }
    return g->heads != NULL;
}

static bool search(struct grams *g, tamis_text *text)
{
    if (!grams_join(g, text)) {
        return false;
    }
    if (g->tokens.count >= UINT32_MAX / (2 * GRAMS_LEVELS)) { /* places would not fit into 32 bits */
        g->search = GRAMS_TOO_MANY;
        return true;
    }
    const unsigned bits = grams_bucket_bits(g->tokens.count * 4);
    if (!reserve_heads(g, (size_t)1 << bits)) {
        return false;
    }
    g->candidates = 0;
    g->repeated = 0;
    g->steps = g->tokens.count * STEPS;
    size_t brief = g->kernel->link(g, bits);
    for (size_t level = 1; level < GRAMS_LEVELS; level++) {
        brief = g->kernel->link_brief(g, brief, level, bits);
    }
    g->kernel->find_reaches(g, g->kernel->list(g));
    if (g->candidates) {
        memset(g->skipped, 0, g->tokens.count * sizeof *g->skipped);
    }
    g->walk = 0;
    g->search = g->steps > 0 || g->tokens.count == 0 ? GRAMS_SEARCHED : GRAMS_TOO_MANY;
    return true;
}

/* ---- Duplicated n-grams ----------------------------------------------------------------------------------------- */

/* True when the joined bytes of the n tokens from `i` on were met before; else remembers them. */
static bool seen_gram(const struct grams *g, size_t i, size_t n)
{
    const char *const at = g->joined + g->at[i];
    const size_t bytes = grams_bytes_of(g, i, n);
    const uint64_t key = XXH3_64bits(at, bytes);
    struct gram_slot *slot = gram_table_at(&g->table, key);
    for (; gram_table_holds(&g->table, slot); slot = gram_table_next(&g->table, slot)) {
        const uint32_t earlier = slot->value;
        if (slot->key == key && grams_bytes_of(g, earlier, n) == bytes &&
            memcmp(g->joined + g->at[earlier], at, bytes) == 0) {
            return true;
        }
    }
    gram_table_put(&g->table, slot, key, (uint32_t)i);
    return false;
}

static bool walk_tokens(struct grams *g, size_t n, const uint32_t *place, uint64_t *chars)
{
    if (!gram_table_begin(&g->table, g->tokens.count)) {
        return false;
    }
    *chars = 0;
    for (size_t i = 0; i + n <= g->tokens.count;) {
        const bool again = seen_gram(g, i, n);
        *chars += again ? place[i + n] - place[i] : 0;
        i += again ? n : 1;
    }
    return true;
}

bool grams_duplicated_bound(struct grams *g, tamis_text *text, uint64_t *bytes)
{
    const bool searched = g->search != GRAMS_NOT_SEARCHED || search(g, text);
    *bytes = g->search == GRAMS_SEARCHED ? g->repeated : UINT64_MAX;
    return searched;
}

bool grams_duplicated(struct grams *g, tamis_text *text, size_t n, enum grams_unit unit, uint64_t *sum)
{
    *sum = 0;
    if (g->search == GRAMS_NOT_SEARCHED && !search(g, text)) {
        return false;
    }
    if (g->search == GRAMS_SEARCHED && g->candidates == 0) {
        return true;
    }
    const uint32_t *place = g->at;
    if (unit == GRAMS_CHARS && !find_places(g, text, &place)) {
        return false;
    }
    if (g->search == GRAMS_SEARCHED) {
        g->walk++;
        *sum = g->kernel->walk(g, n, place);
        g->search = g->steps > 0 ? GRAMS_SEARCHED : GRAMS_TOO_MANY;
    }
    return g->search == GRAMS_SEARCHED || walk_tokens(g, n, place, sum);
}
