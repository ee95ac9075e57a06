/*
 * What repeated n-grams come to at most, without counting any. Collisions of hashes and folded letters make more things
 * look equal than are equal, never fewer: everything here errs on the high side only.
 *
 * The most frequent n-gram. Every n-gram adds its length, gaps included, to a bucket chosen by the hashes of its
 * tokens. All occurrences of one n-gram share a bucket, so none has more than the heaviest bucket. With W the heaviest
 * for n = 2: an n-gram of three tokens of lengths a, b, c that occurs t times weighs
 *     t (a + b + c + 2) <= t (a + b + 1) + t (b + c + 1) <= 2 W,
 * one of four t (a + b + 1) + t (c + d + 1) + t <= 2 W + W / 3, because its first pair occurs at least t times and has
 * a length of at least 3. Longer ones need buckets of their own only where this is not low enough.
 *
 * Duplicated n-grams. Those that count do not overlap, and each is equal to one that begins at an earlier token. So
 * they have no more bytes than the best choice of n-grams equal to an earlier one that do not overlap. Two equal
 * n-grams have the same joined bytes from their first token on, though perhaps not the same tokens. Hence
 * - one of at least WINDOW bytes begins with the WINDOW bytes with which an earlier token begins, and as many bytes are
 *   the same from there on as the n-gram has. That asks nothing of n: one table of windows serves all of them. Few
 *   tokens are left whose bytes have to be compared, up to REACH bytes; beyond that, and after STEPS comparisons a
 *   token, all is taken for the same;
 * - a shorter one is equal to a shorter one only. They are few, and are hashed as a whole for every n.
 */
#include "gopher_grams.h"

enum {
    WINDOW = GRAMS_WINDOW,
    REACH = 512,     /* more than the bytes of nearly every 10-gram */
    STEPS = 8,       /* earlier tokens to compare with, on the average */
    SLACK = 32,      /* zeros behind the joined text, for loads that reach beyond it */
    BRIEF_BITS = 12, /* of a hash of a short n-gram */
    LONG = 1 << 30,  /* bytes: weights of shorter texts fit into 32 bits */
    COLUMNS = 11
};

#define ODD 0x9fb21c651e98df25u /* well-mixed odd numbers; any would do */
#define ODD_TOO 0xd6e8feb86659fd93u

/* ---- The workspace ---------------------------------------------------------------------------------------------- */

void grams_begin(struct grams *g)
{
    g->has_joined = g->has_chars = g->has_marks = g->has_tops = g->has_cover[0] = g->has_cover[1] = false;
    memset(g->has_weight, 0, sizeof g->has_weight);
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
    const size_t cap = gram_good_size(bytes + SLACK, g->joined_cap);
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
        uint32_t **const columns[COLUMNS] = {&g->at,     &g->chars,  &g->before, &g->again, &g->reach,
                                             &g->brief,  &g->mark,   &g->list,   &g->number, &g->gram,
                                             &g->times};
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

/* The same for windows. A bucket holds the token last put there and `base`, which the next text begins behind. */
static bool reserve_heads(struct grams *g, size_t count)
{
    const size_t cap = gram_good_size(count, g->heads_cap);
    if (cap != g->heads_cap || g->base > UINT32_MAX - 1 - g->tokens.count) {
        free(g->heads);
        g->heads = calloc(cap, sizeof *g->heads);
        g->heads_cap = g->heads ? cap : 0;
        g->base = 0;
    }
    return g->heads != NULL;
}

/* The number of leading bits of a hash that choose among at least `least` buckets. */
static unsigned bucket_bits(size_t least)
{
    unsigned bits = 8;
    while (((size_t)1 << bits) < least) {
        bits++;
    }
    return bits;
}

/* ---- The joined text -------------------------------------------------------------------------------------------- */

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
    memset(g->joined + at, 0, SLACK);
}

bool grams_join(struct grams *g, tamis_text *text)
{
    if (!g->has_joined) {
        g->tokens = tamis_text_outline(text);
        const tamis_str bytes = tamis_text_bytes(text);
        if (!reserve_columns(g, g->tokens.count) || !reserve_joined(g, bytes.len)) {
            return false;
        }
        copy_tokens(g, bytes);
        g->has_joined = true;
    }
    return true;
}

bool grams_join_chars(struct grams *g, tamis_text *text)
{
    if (!g->has_chars) {
        if (!grams_join(g, text)) {
            return false;
        }
        uint32_t chars = 0, byte = 0;
        for (size_t i = 0; i <= g->tokens.count; i++) {
            for (; byte < g->at[i]; byte++) {
                chars += ((unsigned char)g->joined[byte] & 0xc0u) != 0x80;
            }
            g->chars[i] = chars;
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

static uint64_t turned(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

/* `n` is a constant where this is called. */
static inline uint64_t heaviest(struct grams *g, size_t n, const uint32_t *at, unsigned bits)
{
    const uint64_t *const hash = g->tokens.hash;
    uint32_t *const buckets = g->buckets;
    uint32_t most = 0;
    for (size_t i = 0; i + n <= g->tokens.count; i++) {
        uint64_t h = hash[i] ^ turned(hash[i + 1], 32);
        h ^= n > 2 ? turned(hash[i + 2], 16) : 0;
        h ^= n > 3 ? turned(hash[i + 3], 48) : 0;
        uint32_t *const bucket = &buckets[h >> (64 - bits)];
        *bucket += at[i + n] - at[i] + (uint32_t)n - 1;
        most = *bucket > most ? *bucket : most;
    }
    return most;
}

static bool find_weight(struct grams *g, tamis_text *text, size_t n, enum grams_unit unit)
{
    const uint32_t *at = NULL;
    if (!places(g, text, unit, &at)) {
        return false;
    }
    const unsigned bits = bucket_bits(g->tokens.count * 2);
    if (!grams_reserve_buckets(g, (size_t)1 << bits)) {
        return false;
    }
    memset(g->buckets, 0, sizeof *g->buckets << bits);
    g->weight[n][unit] = at[g->tokens.count] > LONG ? UINT64_MAX /* a bucket could overflow */
                         : n == 2                   ? heaviest(g, 2, at, bits)
                         : n == 3                   ? heaviest(g, 3, at, bits)
                                                    : heaviest(g, 4, at, bits);
    g->has_weight[n][unit] = true;
    return true;
}

bool grams_top_bound(struct grams *g, tamis_text *text, size_t n, enum grams_unit unit, uint64_t *most)
{
    if (!g->has_weight[n][unit] && !find_weight(g, text, n, unit)) {
        return false;
    }
    *most = g->weight[n][unit];
    return true;
}

bool grams_top_rough(struct grams *g, tamis_text *text, size_t n, enum grams_unit unit, uint64_t *most)
{
    uint64_t pair = 0;
    if (!grams_top_bound(g, text, 2, unit, &pair)) {
        return false;
    }
    *most = pair == UINT64_MAX ? pair : n == 2 ? pair : n == 3 ? pair * 2 : pair * 2 + pair / 3;
    return true;
}

/* ---- Duplicated n-grams ----------------------------------------------------------------------------------------- */

static uint64_t load8(const char *at)
{
    uint64_t x;
    memcpy(&x, at, sizeof x);
    return x;
}

static uint32_t load4(const char *at)
{
    uint32_t x;
    memcpy(&x, at, sizeof x);
    return x;
}

/* Parts the list into tokens that begin like an earlier one and beginnings of n-grams too short for a window. */
static void part_list(struct grams *g, size_t listed)
{
    size_t agains = 0, briefs = 0;
    for (size_t k = 0; k < listed; k++) {
        const uint32_t i = g->list[k];
        g->again[agains] = i;
        agains += g->before[i] != 0;
        g->brief[briefs] = i;
        briefs += g->at[i + GRAM_DUPLICATED_FIRST] - g->at[i] < WINDOW;
    }
    g->again_count = agains;
    g->brief_count = briefs;
}

static void list_windows(struct grams *g, unsigned bits)
{
    enum { N = GRAM_DUPLICATED_FIRST };
    const uint32_t *const at = g->at, base = g->base;
    const char *const joined = g->joined;
    uint32_t *const heads = g->heads, *const before = g->before, *const list = g->list;
    size_t listed = 0;
    for (size_t i = 0; i + N <= g->tokens.count; i++) {
        const char *const window = joined + at[i];
        const uint64_t h = load8(window) * ODD + load4(window + 8) * ODD_TOO;
        uint32_t *const head = &heads[h >> (64 - bits)];
        const uint32_t earlier = *head > base ? *head - base : 0;
        *head = base + (uint32_t)i + 1;
        before[i] = earlier;
        list[listed] = (uint32_t)i;
        listed += (earlier != 0) | (at[i + N] - at[i] < WINDOW);
    }
    part_list(g, listed);
}

bool grams_find_windows(struct grams *g, tamis_text *text)
{
    if (!grams_join(g, text)) {
        return false;
    }
    const unsigned bits = bucket_bits(g->tokens.count * 8);
    if (!reserve_heads(g, (size_t)1 << bits)) {
        return false;
    }
    list_windows(g, bits);
    g->base += (uint32_t)g->tokens.count;
    return true;
}

/* The bytes that every n-gram from token `i` on has if it has a window. */
static uint32_t least_bytes(const struct grams *g, uint32_t i)
{
    const uint32_t bytes = g->at[i + GRAM_DUPLICATED_FIRST] - g->at[i];
    return bytes > WINDOW ? bytes : WINDOW;
}

/* Whether the last eight of `bytes` bytes are the same from tokens `i` and `j` on. */
static bool same_tail(const struct grams *g, uint32_t i, uint32_t j, uint32_t bytes)
{
    return load8(g->joined + g->at[i] + bytes - 8) == load8(g->joined + g->at[j] + bytes - 8);
}

/* Keeps of `again` the tokens that may go along with the one before them, or that have more than one before them. */
static void drop_chance(struct grams *g)
{
    size_t kept = 0;
    for (size_t k = 0; k < g->again_count; k++) {
        const uint32_t i = g->again[k], j = g->before[i] - 1;
        g->again[kept] = i;
        kept += same_tail(g, i, j, least_bytes(g, i)) | (g->before[j] != 0);
    }
    g->again_count = kept;
}

/* How many of `most` bytes are the same at `a` and at `b`. */
static uint32_t common(const char *a, const char *b, uint32_t most)
{
    uint32_t same = 0;
    while (same + 8 <= most && load8(a + same) == load8(b + same)) {
        same += 8;
    }
    while (same < most && a[same] == b[same]) {
        same++;
    }
    return same;
}

/* How far from token `i` on an earlier token goes along, or UINT32_MAX when it is left open. */
static uint32_t reach_of(const struct grams *g, uint32_t i, size_t *steps)
{
    const size_t end = i + GRAM_DUPLICATED_LAST < g->tokens.count ? i + GRAM_DUPLICATED_LAST : g->tokens.count;
    const uint32_t bytes = g->at[end] - g->at[i], most = bytes < REACH ? bytes : REACH;
    const uint32_t least = least_bytes(g, i);
    uint32_t reach = 0;
    for (uint32_t j = g->before[i]; j != 0; j = g->before[j - 1]) {
        if (!same_tail(g, i, j - 1, least) && *steps > 0) {
            --*steps;
            continue;
        }
        const uint32_t same = common(g->joined + g->at[i], g->joined + g->at[j - 1], most);
        if (same == most || *steps == 0) {
            return UINT32_MAX;
        }
        reach = same > reach ? same : reach;
        --*steps;
    }
    return reach;
}

static void find_reach(struct grams *g)
{
    size_t steps = g->tokens.count * STEPS;
    for (size_t k = 0; k < g->again_count; k++) {
        g->reach[k] = reach_of(g, g->again[k], &steps);
    }
}

/*
 * The most that can be chosen of n-grams without two that overlap. They are added in the order of the text; the best
 * choice up to one is the best up to the one before it, or itself and the best of those that end before it begins.
 */
struct choice {
    size_t n, count, ended; /* n-grams so far, and of these those that end before the last one begins */
    uint32_t *begin, *best; /* per n-gram: its first token, and the best choice up to it */
};

static struct choice choice_of(const struct grams *g, size_t n)
{
    return (struct choice){.n = n, .begin = g->number, .best = g->times};
}

static void choice_add(struct choice *c, uint32_t begin, uint32_t weight)
{
    while (c->ended < c->count && c->begin[c->ended] + c->n <= begin) {
        c->ended++;
    }
    const uint32_t with = weight + (c->ended ? c->best[c->ended - 1] : 0);
    const uint32_t without = c->count ? c->best[c->count - 1] : 0;
    c->begin[c->count] = begin;
    c->best[c->count++] = with > without ? with : without;
}

static uint64_t choice_best(const struct choice *c)
{
    return c->count ? c->best[c->count - 1] : 0;
}

/*
 * The n-grams of at least a window that an earlier token goes along with. Drops the tokens from which no longer n-gram
 * can be such a one either.
 */
static uint64_t cover_long(struct grams *g, size_t n, const uint32_t *place)
{
    struct choice c = choice_of(g, n);
    size_t kept = 0;
    for (size_t k = 0; k < g->again_count && g->again[k] + n <= g->tokens.count; k++) {
        const uint32_t i = g->again[k], reach = g->reach[k], bytes = g->at[i + n] - g->at[i];
        g->again[kept] = i;
        g->reach[kept] = reach;
        kept += bytes < WINDOW || bytes <= reach;
        if (bytes >= WINDOW && bytes <= reach) {
            choice_add(&c, i, place[i + n] - place[i]);
        }
    }
    g->again_count = kept;
    return choice_best(&c);
}

/* Of at least 5 bytes and less than a window. */
static uint64_t hash_brief(const char *at, uint32_t bytes)
{
    const uint64_t first = bytes < 8 ? load4(at) : load8(at);
    const uint64_t last = bytes < 8 ? load4(at + bytes - 4) : load8(at + bytes - 8);
    return (first + bytes) * ODD + last * ODD_TOO;
}

/* The shorter n-grams with the hash of an earlier one. Drops the tokens at which none begins. */
static uint64_t cover_brief(struct grams *g, size_t n, const uint32_t *place)
{
    uint64_t seen[(1u << BRIEF_BITS) / 64] = {0};
    struct choice c = choice_of(g, n);
    size_t kept = 0;
    for (size_t k = 0; k < g->brief_count && g->brief[k] + n <= g->tokens.count; k++) {
        const uint32_t i = g->brief[k], bytes = g->at[i + n] - g->at[i];
        if (bytes >= WINDOW) {
            continue;
        }
        g->brief[kept++] = i;
        const uint64_t h = hash_brief(g->joined + g->at[i], bytes) >> (64 - BRIEF_BITS), bit = (uint64_t)1 << h % 64;
        if (seen[h / 64] & bit) {
            choice_add(&c, i, place[i + n] - place[i]);
        }
        seen[h / 64] |= bit;
    }
    g->brief_count = kept;
    return choice_best(&c);
}

bool grams_duplicated_bound(struct grams *g, tamis_text *text, size_t n, enum grams_unit unit, uint64_t *most)
{
    if (!g->has_cover[unit]) {
        const uint32_t *place = NULL;
        if (!places(g, text, unit, &place) || !grams_find_windows(g, text)) {
            return false;
        }
        drop_chance(g);
        find_reach(g);
        for (size_t k = GRAM_DUPLICATED_FIRST; k <= GRAM_DUPLICATED_LAST; k++) {
            g->cover[k][unit] = cover_long(g, k, place) + cover_brief(g, k, place);
        }
        g->has_cover[unit] = true;
    }
    *most = g->cover[n][unit];
    return true;
}
