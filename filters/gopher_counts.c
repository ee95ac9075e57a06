/*
 * The repeated n-grams of a text, counted exactly: equal means equal, a hash only finds the place to look. What cannot
 * be repeated is left out before anything is put into a table: an n-gram of which a part has a hash that nothing else
 * has. That changes no count: such an n-gram is equal to no other one.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "gopher_grams.h"

/* The finaliser of SplitMix64 (Steele et al. 2014). */
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

/* Where tokens begin in characters. */
static bool find_places(struct grams *g, tamis_text *text, const uint32_t **place)
{
    const bool ascii = tamis_text_chars(text) == tamis_text_bytes(text).len;
    const bool made = ascii ? grams_join(g, text) : grams_join_chars(g, text);
    *place = ascii ? g->at : g->chars;
    return made;
}

/* ---- The most frequent n-gram ----------------------------------------------------------------------------------- */

static size_t pair_bucket(const struct grams *g, size_t i, size_t mask)
{
    return (size_t)(mix(g->tokens.hash[i] + mix(g->tokens.hash[i + 1])) & mask);
}

/* Lists the tokens at which a pair begins that may occur twice. */
static bool list_pairs(struct grams *g, size_t *count)
{
    size_t buckets = 256;
    while (buckets < g->tokens.count * 4) {
        buckets *= 2;
    }
    *count = 0;
    if (!grams_reserve_buckets(g, buckets)) {
        return false;
    }
    memset(g->buckets, 0, buckets * sizeof *g->buckets);
    for (size_t i = 0; i + 1 < g->tokens.count; i++) {
        g->buckets[pair_bucket(g, i, buckets - 1)]++;
    }
    for (size_t i = 0; i + 1 < g->tokens.count; i++) {
        if (g->buckets[pair_bucket(g, i, buckets - 1)] > 1) {
            g->list[(*count)++] = (uint32_t)i;
        }
    }
    return true;
}

/* number[i] = the first of the listed tokens with the same bytes as token i. */
static void number_token(struct grams *g, uint32_t i)
{
    const uint64_t key = g->tokens.hash[i];
    const uint32_t bytes = g->at[i + 1] - g->at[i];
    struct gram_slot *slot = gram_table_at(&g->table, key);
    for (; gram_table_holds(&g->table, slot); slot = gram_table_next(&g->table, slot)) {
        const uint32_t j = slot->value;
        if (slot->key == key && g->at[j + 1] - g->at[j] == bytes &&
            memcmp(g->joined + g->at[j], g->joined + g->at[i], bytes) == 0) {
            g->number[i] = j;
            return;
        }
    }
    gram_table_put(&g->table, slot, key, i);
    g->number[i] = i;
}

static bool number_tokens(struct grams *g, size_t listed)
{
    if (!gram_table_begin(&g->table, listed * 2)) {
        return false;
    }
    size_t next = 0; /* not numbered yet */
    for (size_t k = 0; k < listed; k++) {
        const uint32_t i = g->list[k];
        for (size_t t = i < next ? next : i; t <= (size_t)i + 1; t++) {
            number_token(g, (uint32_t)t);
        }
        next = (size_t)i + 2;
        g->gram[i] = g->number[i];
    }
    return true;
}

struct most {
    uint32_t first, times;
};

/*
 * Makes (n-1)-grams into n-grams: an n-gram is the (n-1)-gram that begins where it does and the number of its last
 * token. *most becomes the first of the most frequent; of several equally frequent the one seen first.
 */
static bool lengthen_grams(struct grams *g, size_t listed, size_t n, struct most *most)
{
    if (!gram_table_begin(&g->table, listed)) {
        return false;
    }
    *most = (struct most){0, 1}; /* unless one occurs twice, the first of all */
    for (size_t k = 0; k < listed; k++) {
        const uint32_t i = g->list[k];
        const uint64_t key = (uint64_t)g->gram[i] << 32 | g->number[i + n - 1];
        struct gram_slot *slot = gram_table_at(&g->table, mix(key));
        while (gram_table_holds(&g->table, slot) && slot->key != key) {
            slot = gram_table_next(&g->table, slot);
        }
        if (!gram_table_holds(&g->table, slot)) {
            gram_table_put(&g->table, slot, key, i);
            g->times[i] = 0;
        }
        const uint32_t first = g->gram[i] = slot->value;
        const uint32_t times = ++g->times[first];
        if (times > most->times || (times == most->times && first < most->first)) {
            *most = (struct most){first, times};
        }
    }
    return true;
}

/* Of the listed n-grams, those that may be continued: the next one may occur twice as well. */
static size_t keep_runs(struct grams *g, size_t listed, size_t n)
{
    size_t kept = 0;
    for (size_t k = 0; k + 1 < listed; k++) {
        if (g->list[k + 1] == g->list[k] + 1 && g->list[k] + n < g->tokens.count) {
            g->list[kept++] = g->list[k];
        }
    }
    return kept;
}

static bool count_tops(struct grams *g, tamis_text *text)
{
    const uint32_t *place = NULL;
    size_t listed = 0;
    if (!find_places(g, text, &place) || !list_pairs(g, &listed) || !number_tokens(g, listed)) {
        return false;
    }
    for (size_t n = GRAM_TOP_FIRST; n <= GRAM_TOP_LAST; n++) {
        struct most most;
        g->top[n] = 0;
        if (!lengthen_grams(g, listed, n, &most)) {
            return false;
        }
        if (n <= g->tokens.count) {
            g->top[n] = (uint64_t)(place[most.first + n] - place[most.first] + n - 1) * most.times;
        }
        listed = keep_runs(g, listed, n);
    }
    return true;
}

bool grams_top(struct grams *g, tamis_text *text, size_t n, uint64_t *chars)
{
    g->has_tops = g->has_tops || count_tops(g, text);
    *chars = g->has_tops ? g->top[n] : 0;
    return g->has_tops;
}

/* ---- Duplicated n-grams ----------------------------------------------------------------------------------------- */

/* Marks the tokens of which the window may occur twice. */
static bool mark_windows(struct grams *g, tamis_text *text)
{
    if (!grams_find_windows(g, text)) {
        return false;
    }
    memset(g->mark, 0, g->tokens.count * sizeof *g->mark);
    for (size_t k = 0; k < g->again_count; k++) {
        const uint32_t i = g->again[k];
        g->mark[i] = g->mark[g->before[i] - 1] = 1;
    }
    return true;
}

/* True when the joined bytes of the n tokens from `i` on were met before; else remembers them. */
static bool seen_gram(const struct grams *g, size_t i, size_t n)
{
    const char *const at = g->joined + g->at[i];
    const size_t bytes = g->at[i + n] - g->at[i];
    const uint64_t key = XXH3_64bits(at, bytes);
    struct gram_slot *slot = gram_table_at(&g->table, key);
    for (; gram_table_holds(&g->table, slot); slot = gram_table_next(&g->table, slot)) {
        const uint32_t earlier = slot->value;
        if (slot->key == key && g->at[earlier + n] - g->at[earlier] == bytes &&
            memcmp(g->joined + g->at[earlier], at, bytes) == 0) {
            return true;
        }
    }
    gram_table_put(&g->table, slot, key, (uint32_t)i);
    return false;
}

static bool may_repeat(const struct grams *g, size_t i, size_t n)
{
    return g->mark[i] || g->at[i + n] - g->at[i] < GRAMS_WINDOW;
}

bool grams_duplicated(struct grams *g, tamis_text *text, size_t n, uint64_t *chars)
{
    const uint32_t *place = NULL;
    g->has_marks = g->has_marks || mark_windows(g, text);
    if (!g->has_marks || !find_places(g, text, &place) || !gram_table_begin(&g->table, g->tokens.count)) {
        return false;
    }
    *chars = 0;
    for (size_t i = 0; i + n <= g->tokens.count;) {
        const bool again = may_repeat(g, i, n) && seen_gram(g, i, n);
        *chars += again ? place[i + n] - place[i] : 0;
        i += again ? n : 1;
    }
    return true;
}
