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

#include "gopher_grams.h"

#define ODD 0x9fb21c651e98df25u /* well-mixed odd numbers; any would do */
#define ODD_TOO 0xd6e8feb86659fd93u

/* Where tokens begin in characters. */
static bool find_places(struct grams *g, tamis_text *text, const uint32_t **place)
{
    const bool ascii = tamis_text_chars(text) == tamis_text_bytes(text).len;
    const bool made = ascii ? grams_join(g, text) : grams_join_chars(g, text);
    *place = ascii ? g->at : g->chars;
    return made;
}

static uint64_t load8(const char *at)
{
    uint64_t x;
    memcpy(&x, at, sizeof x);
    return x;
}

static uint64_t load5(const char *at)
{
    uint64_t x = 0;
    memcpy(&x, at, 5);
    return x;
}

/* How many of `most` bytes are the same at `a` and at `b`. There is room to read 8 bytes more. */
static uint32_t common(const char *a, const char *b, uint32_t most)
{
    for (uint32_t same = 0; same < most; same += 8) {
        const uint64_t differs = load8(a + same) ^ load8(b + same);
        if (differs) {
            const bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
            same += (uint32_t)(little ? __builtin_ctzll(differs) : __builtin_clzll(differs)) / 8;
            return same < most ? same : most;
        }
    }
    return most;
}

static uint32_t bytes_of(const struct grams *g, size_t i, size_t n)
{
    return g->at[i + n] - g->at[i];
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
        if (bytes_of(g, i, k) != bytes_of(g, j, k)) {
            return false;
        }
    }
    const uint32_t bytes = bytes_of(g, i, n);
    return common(g->joined + g->at[i], g->joined + g->at[j], bytes) == bytes;
}

/* The first n-gram with the tokens of that from `i` on. */
static uint32_t first_gram(struct grams *g, uint32_t i, size_t n)
{
    const uint32_t bytes = bytes_of(g, i, n);
    const uint64_t key = grams_hash(g->tokens.hash + i, n) + bytes, hash = key * ODD >> 32;
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

enum {
    N = GRAM_DUPLICATED_FIRST,
    WINDOW = 12, /* bytes, 8 to 16 */
    STEPS = 24   /* comparisons per token, on the average */
};

static const uint32_t windows[GRAMS_LEVELS] = {WINDOW, 8, 5}; /* bytes by which tokens are put into the table */

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

/* The tokens to look at, as bits until they are listed. */
enum { FLAGS = 32 };

static uint32_t *flags_of(const struct grams *g)
{
    return g->times;
}

/* Links all tokens by their first bytes and flags those with one before them. Lists those of the next level. */
static size_t link_tokens(struct grams *g, unsigned bits)
{
    const uint32_t *const at = g->at, base = g->base;
    const char *const joined = g->joined;
    uint32_t *const heads = g->heads, *const before = g->before[0], *const list = g->list, *const flags = flags_of(g);
    const size_t count = g->tokens.count < N ? 0 : g->tokens.count - N + 1;
    size_t listed = 0;
    for (size_t from = 0; from < count; from += FLAGS) {
        const size_t to = from + FLAGS < count ? from + FLAGS : count;
        uint32_t linked = 0;
        for (size_t i = from; i < to; i++) {
            const char *const window = joined + at[i];
            const uint64_t h = load8(window) * ODD + load8(window + WINDOW - 8) * ODD_TOO;
            uint32_t *const head = &heads[h >> (64 - bits)];
            const uint32_t earlier = (*head > base ? *head : base) - base;
            *head = base + (uint32_t)i + 1;
            before[i] = earlier;
            linked = linked >> 1 | (uint32_t)(earlier != 0) << (FLAGS - 1);
            list[listed] = (uint32_t)i;
            listed += at[i + N] - at[i] < WINDOW;
        }
        flags[from / FLAGS] = linked >> (FLAGS - (to - from));
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
        uint32_t *const head = &g->heads[(level == 1 ? load8(at) : load5(at)) * ODD >> (64 - bits)];
        const uint32_t earlier = (*head > base ? *head : base) - base;
        *head = base + i + 1;
        g->before[level][i] = earlier;
        flags_of(g)[i / FLAGS] |= (uint32_t)(earlier != 0) << i % FLAGS;
        g->list[kept] = i;
        kept += bytes_of(g, i, N) < windows[level];
    }
    g->base += (uint32_t)g->tokens.count;
    return kept;
}

static size_t list_flagged(const struct grams *g)
{
    const uint32_t *const flags = flags_of(g);
    const size_t count = g->tokens.count < N ? 0 : g->tokens.count - N + 1;
    size_t listed = 0;
    for (size_t word = 0; word * FLAGS < count; word++) {
        for (uint32_t left = flags[word]; left; left &= left - 1) {
            g->list[listed++] = (uint32_t)(word * FLAGS) + (uint32_t)__builtin_ctz(left);
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
        const uint32_t i = g->list[k], bytes = bytes_of(g, i, N), least = bytes < WINDOW ? WINDOW : bytes;
        const uint32_t j = before[i] ? before[i] - 1 : i;
        const char *const tail = g->joined + least - 8;
        g->list[kept] = i;
        kept += (load8(tail + g->at[i]) == load8(tail + g->at[j])) | (before[j] != 0) | (bytes < WINDOW);
    }
    return kept;
}

/* Whether the last of so many bytes, 5 or more, are the same. */
static bool same_tail(const char *a, const char *b, uint32_t bytes)
{
    uint32_t x, y;
    if (bytes >= 8) {
        return load8(a + bytes - 8) == load8(b + bytes - 8);
    }
    memcpy(&x, a + bytes - 4, sizeof x);
    memcpy(&y, b + bytes - 4, sizeof y);
    return x == y;
}

/* The most bytes that are the same from token `i` on and from one before it on this level. */
static uint32_t reach_on(struct grams *g, uint32_t i, size_t level, uint32_t least, uint32_t most)
{
    const char *const at = g->joined + g->at[i];
    uint32_t reach = 0;
    for (uint32_t j = g->before[level][i]; j != 0 && g->steps > 0 && reach < most; j = g->before[level][j - 1]) {
        const char *const earlier = g->joined + g->at[j - 1];
        g->steps--;
        if (same_tail(at, earlier, least)) {
            const uint32_t same = common(at, earlier, most);
            g->steps -= same / 64 < g->steps ? same / 64 : g->steps;
            reach = same > reach ? same : reach;
        }
    }
    return reach;
}

static void find_reaches(struct grams *g, size_t listed)
{
    uint32_t covered = 0; /* up to here */
    for (size_t k = 0; k < listed && g->steps > 0; k++) {
        const uint32_t i = g->list[k], least = bytes_of(g, i, N);
        const size_t rest = g->tokens.count - i;
        const uint32_t most = bytes_of(g, i, rest < GRAM_DUPLICATED_LAST ? rest : GRAM_DUPLICATED_LAST);
        uint32_t reach = reach_on(g, i, 0, least, most);
        for (size_t level = 1; level < GRAMS_LEVELS && least < windows[level - 1] && reach < most; level++) {
            const uint32_t same = reach_on(g, i, level, least, most);
            reach = same > reach ? same : reach;
        }
        g->candidate[g->candidates] = i;
        g->reach[g->candidates] = reach;
        if (reach >= least) {
            const uint32_t begin = g->at[i] > covered ? g->at[i] : covered, end = g->at[i] + reach;
            g->repeated += end > begin ? end - begin : 0;
            covered = end > covered ? end : covered;
            g->candidates++;
        }
    }
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
    size_t brief = link_tokens(g, bits);
    for (size_t level = 1; level < GRAMS_LEVELS; level++) {
        brief = link_brief(g, brief, level, bits);
    }
    find_reaches(g, drop_chance(g, list_flagged(g)));
    if (g->candidates) {
        memset(g->skipped, 0, g->tokens.count * sizeof *g->skipped);
    }
    g->walk = 0;
    g->search = g->steps > 0 || g->tokens.count == 0 ? GRAMS_SEARCHED : GRAMS_TOO_MANY;
    return true;
}

/* ---- Duplicated n-grams ----------------------------------------------------------------------------------------- */

/* Whether the n-gram from `i` on was met before. */
static bool met_gram(struct grams *g, uint32_t i, size_t n)
{
    const uint32_t bytes = bytes_of(g, i, n);
    const uint32_t *const before = g->before[bytes >= windows[0] ? 0 : bytes >= windows[1] ? 1 : 2];
    const char *const at = g->joined + g->at[i];
    for (uint32_t j = before[i]; j != 0 && g->steps > 0; j = before[j - 1]) {
        const uint32_t k = j - 1;
        g->steps--;
        if (g->skipped[k] != g->walk && bytes_of(g, k, n) == bytes && same_tail(at, g->joined + g->at[k], bytes)) {
            const uint32_t same = common(at, g->joined + g->at[k], bytes);
            g->steps -= same / 64 < g->steps ? same / 64 : g->steps;
            if (same == bytes) {
                return true;
            }
        }
    }
    return false;
}

static uint64_t walk_candidates(struct grams *g, size_t n, const uint32_t *place)
{
    uint64_t chars = 0;
    size_t next = 0;
    for (size_t k = 0; k < g->candidates && g->candidate[k] + n <= g->tokens.count; k++) {
        const uint32_t i = g->candidate[k];
        if (i >= next && bytes_of(g, i, n) <= g->reach[k] && met_gram(g, i, n)) {
            chars += place[i + n] - place[i];
            next = i + n;
            for (size_t t = (size_t)i + 1; t < next; t++) {
                g->skipped[t] = g->walk;
            }
        }
    }
    return chars;
}

/* True when the joined bytes of the n tokens from `i` on were met before; else remembers them. */
static bool seen_gram(const struct grams *g, size_t i, size_t n)
{
    const char *const at = g->joined + g->at[i];
    const size_t bytes = bytes_of(g, i, n);
    const uint64_t key = XXH3_64bits(at, bytes);
    struct gram_slot *slot = gram_table_at(&g->table, key);
    for (; gram_table_holds(&g->table, slot); slot = gram_table_next(&g->table, slot)) {
        const uint32_t earlier = slot->value;
        if (slot->key == key && bytes_of(g, earlier, n) == bytes &&
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
        *sum = walk_candidates(g, n, place);
        g->search = g->steps > 0 ? GRAMS_SEARCHED : GRAMS_TOO_MANY;
    }
    return g->search == GRAMS_SEARCHED || walk_tokens(g, n, place, sum);
}
