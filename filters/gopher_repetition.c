/*
 * The repetition rules of Gopher (Rae et al. 2021, table A1), as datatrove 0.10 computes them: every share is of all
 * characters of the text, white space included. A most frequent n-gram need not occur twice. Duplicated n-grams are
 * compared with nothing between their tokens, and a repeated one is stepped over as a whole. Tokens are of words-1.
 *
 * Equal means equal: a hash only finds the place to look, bytes or numbers decide. Owns its tables, which keep their
 * memory from one document to the next.
 */
#define XXH_INLINE_ALL
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "tamis.h"

enum {
    PARAGRAPHS,      /* and their characters */
    LINES = 2,       /* and their characters */
    TOP = 4,         /* n-grams of 2, 3 and 4 */
    DUPLICATED = 7,  /* n-grams of 5 to 10 */
    RULES = 13
};

struct gopher_repetition {
    int dialect;
    double limit[RULES];
    tamis_rule rules[RULES];
};

/* ---- Tables ----------------------------------------------------------------------------------------------------- */

/* Open addressing, at most half full. A slot counts only when its stamp is the table's: emptying costs nothing. */
struct slot {
    uint64_t key;
    uint32_t value, stamp;
};

struct table {
    struct slot *slots;
    size_t mask; /* number of slots less one; 0: none yet */
    uint32_t stamp;
};

#define KEPT_SLOTS ((size_t)1 << 18) /* tables up to this size are never given back */
#define FAR_TOO_LARGE 16             /* times what is needed now */

static bool table_begin(struct table *t, size_t entries)
{
    size_t slots = 64;
    while (slots < entries * 2) {
        slots *= 2;
    }
    const bool too_large = t->mask >= KEPT_SLOTS && t->mask / FAR_TOO_LARGE >= slots;
    if (t->mask + 1 < slots || too_large) {
        free(t->slots);
        *t = (struct table){.slots = calloc(slots, sizeof *t->slots)};
        t->mask = t->slots ? slots - 1 : 0;
    }
    if (t->slots && ++t->stamp == 0) {
        memset(t->slots, 0, (t->mask + 1) * sizeof *t->slots);
        t->stamp = 1;
    }
    return t->slots != NULL;
}

static struct slot *table_at(const struct table *t, uint64_t hash)
{
    return &t->slots[hash & t->mask];
}

static struct slot *table_next(const struct table *t, struct slot *slot)
{
    return slot == t->slots + t->mask ? t->slots : slot + 1;
}

static void table_put(const struct table *t, struct slot *slot, uint64_t key, uint32_t value)
{
    *slot = (struct slot){key, value, t->stamp};
}

/* The finaliser of SplitMix64 (Steele et al. 2014). */
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

/* ---- One thread's workspace ------------------------------------------------------------------------------------- */

struct scratch {
    double value[RULES];
    bool has_paragraphs, has_lines, has_tops, has_joined, has_duplicated[RULES - DUPLICATED];
    struct table table;
    size_t cap;        /* tokens there is room for in the arrays below */
    uint32_t *gram;    /* per token: index of the first token, then n-gram, that is equal to the one that begins here */
    uint32_t *times;   /* per first n-gram: how often it occurs */
    uint32_t *at;      /* per token and one more: where it begins in `joined` .. */
    uint32_t *chars;   /* .. in bytes and in characters */
    char *joined;      /* all tokens with nothing between them */
    size_t joined_cap;
};

static void free_arrays(struct scratch *s)
{
    free(s->gram);
    free(s->times);
    free(s->at);
    free(s->chars);
    s->gram = s->times = s->at = s->chars = NULL;
    s->cap = 0;
}

/* A new size for an array that must hold `needed` and holds `cap`; `cap` itself when it is good. */
static size_t good_size(size_t needed, size_t cap)
{
    const bool too_large = cap > KEPT_SLOTS && cap / FAR_TOO_LARGE > needed;
    return needed > cap || too_large ? needed + needed / 2 + 64 : cap;
}

static bool reserve_tokens(struct scratch *s, size_t tokens)
{
    const size_t cap = good_size(tokens + 1, s->cap);
    if (cap != s->cap) {
        free_arrays(s);
        s->gram = malloc(cap * sizeof *s->gram);
        s->times = malloc(cap * sizeof *s->times);
        s->at = malloc(cap * sizeof *s->at);
        s->chars = malloc(cap * sizeof *s->chars);
        if (!s->gram || !s->times || !s->at || !s->chars) {
            free_arrays(s);
            return false;
        }
        s->cap = cap;
    }
    return true;
}

static bool reserve_joined(struct scratch *s, size_t bytes)
{
    const size_t cap = good_size(bytes + 1, s->joined_cap);
    if (cap != s->joined_cap) {
        free(s->joined);
        s->joined = malloc(cap);
        s->joined_cap = s->joined ? cap : 0;
    }
    return s->joined != NULL;
}

static double share(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : 0;
}

/* ---- Repeated paragraphs and lines ------------------------------------------------------------------------------ */

/* True when a span with the same bytes was there before; else remembers it. */
static bool seen_span(const struct table *t, const char *bytes, const tamis_span *spans, uint32_t index)
{
    const tamis_span span = spans[index];
    const uint64_t key = XXH3_64bits(bytes + span.at, span.bytes);
    struct slot *slot = table_at(t, key);
    for (; slot->stamp == t->stamp; slot = table_next(t, slot)) {
        const tamis_span earlier = spans[slot->value];
        if (slot->key == key && earlier.bytes == span.bytes &&
            memcmp(bytes + earlier.at, bytes + span.at, span.bytes) == 0) {
            return true;
        }
    }
    table_put(t, slot, key, index);
    return false;
}

static bool measure_spans(struct scratch *s, tamis_text *text, tamis_split how, double *values)
{
    const tamis_spans spans = tamis_text_split(text, how);
    const char *const bytes = tamis_text_bytes(text).at;
    if (!table_begin(&s->table, spans.count)) {
        return false;
    }
    uint64_t repeats = 0, chars = 0;
    for (size_t i = 0; i < spans.count; i++) {
        if (seen_span(&s->table, bytes, spans.at, (uint32_t)i)) {
            repeats++;
            chars += spans.at[i].chars;
        }
    }
    values[0] = share(repeats, spans.count);
    values[1] = share(chars, tamis_text_chars(text));
    return true;
}

/* ---- The most frequent n-gram ----------------------------------------------------------------------------------- */

/* gram[i] = the first token with the same bytes as token i. */
static bool number_tokens(struct scratch *s, const tamis_tokens *tokens, const char *bytes)
{
    if (!table_begin(&s->table, tokens->count)) {
        return false;
    }
    for (size_t i = 0; i < tokens->count; i++) {
        const tamis_token token = tokens->at[i];
        const uint64_t key = XXH3_64bits(bytes + token.at, token.bytes);
        struct slot *slot = table_at(&s->table, key);
        for (; slot->stamp == s->table.stamp; slot = table_next(&s->table, slot)) {
            const tamis_token earlier = tokens->at[slot->value];
            if (slot->key == key && earlier.bytes == token.bytes &&
                memcmp(bytes + earlier.at, bytes + token.at, token.bytes) == 0) {
                break;
            }
        }
        if (slot->stamp != s->table.stamp) {
            table_put(&s->table, slot, key, (uint32_t)i);
        }
        s->gram[i] = slot->value;
    }
    return true;
}

/*
 * Makes (n-1)-grams into n-grams: an n-gram is the (n-1)-gram that begins where it does and the number of its last
 * token, which `last` holds. Returns the first of the most frequent; of several equally frequent the one seen first.
 */
static bool lengthen_grams(struct scratch *s, size_t count, const uint32_t *last, uint32_t *most)
{
    if (!table_begin(&s->table, count)) {
        return false;
    }
    *most = 0;
    for (size_t i = 0; i < count; i++) {
        const uint64_t key = (uint64_t)s->gram[i] << 32 | last[i];
        struct slot *slot = table_at(&s->table, mix(key));
        while (slot->stamp == s->table.stamp && slot->key != key) {
            slot = table_next(&s->table, slot);
        }
        if (slot->stamp != s->table.stamp) {
            table_put(&s->table, slot, key, (uint32_t)i);
            s->times[i] = 0;
        }
        const uint32_t first = s->gram[i] = slot->value;
        const uint32_t times = ++s->times[first];
        if (times > s->times[*most] || (times == s->times[*most] && first < *most)) {
            *most = first;
        }
    }
    return true;
}

static bool measure_tops(struct scratch *s, tamis_text *text)
{
    const tamis_tokens tokens = tamis_text_tokens(text);
    if (!reserve_tokens(s, tokens.count) || !number_tokens(s, &tokens, tamis_text_bytes(text).at)) {
        return false;
    }
    uint32_t *const number = s->at; /* not needed for anything else yet, see join() */
    memcpy(number, s->gram, tokens.count * sizeof *number);
    s->has_joined = false;
    for (size_t n = 2; n <= 4; n++) {
        double *const value = &s->value[TOP + n - 2];
        *value = NAN;
        if (tokens.count < n) {
            continue;
        }
        uint32_t most = 0;
        if (!lengthen_grams(s, tokens.count - n + 1, number + n - 1, &most)) {
            return false;
        }
        uint64_t chars = n - 1;
        for (size_t i = 0; i < n; i++) {
            chars += tokens.at[most + i].chars;
        }
        *value = share(chars * s->times[most], tamis_text_chars(text));
    }
    return true;
}

/* ---- Duplicated n-grams ----------------------------------------------------------------------------------------- */

static bool join(struct scratch *s, tamis_text *text)
{
    const tamis_tokens tokens = tamis_text_tokens(text);
    const char *const bytes = tamis_text_bytes(text).at;
    if (!reserve_tokens(s, tokens.count) || !reserve_joined(s, tamis_text_bytes(text).len)) {
        return false;
    }
    uint32_t at = 0, chars = 0;
    for (size_t i = 0; i < tokens.count; i++) {
        s->at[i] = at;
        s->chars[i] = chars;
        memcpy(s->joined + at, bytes + tokens.at[i].at, tokens.at[i].bytes);
        at += tokens.at[i].bytes;
        chars += tokens.at[i].chars;
    }
    s->at[tokens.count] = at;
    s->chars[tokens.count] = chars;
    s->has_joined = true;
    return true;
}

/* True when the joined bytes of the n tokens from `i` on were met before; else remembers them. */
static bool seen_gram(const struct scratch *s, size_t i, size_t n)
{
    const char *const at = s->joined + s->at[i];
    const size_t bytes = s->at[i + n] - s->at[i];
    const uint64_t key = XXH3_64bits(at, bytes);
    struct slot *slot = table_at(&s->table, key);
    for (; slot->stamp == s->table.stamp; slot = table_next(&s->table, slot)) {
        const uint32_t earlier = slot->value;
        if (slot->key == key && s->at[earlier + n] - s->at[earlier] == bytes &&
            memcmp(s->joined + s->at[earlier], at, bytes) == 0) {
            return true;
        }
    }
    table_put(&s->table, slot, key, (uint32_t)i);
    return false;
}

static bool measure_duplicated(struct scratch *s, tamis_text *text, size_t n, double *value)
{
    if (!s->has_joined && !join(s, text)) {
        return false;
    }
    const size_t tokens = tamis_text_tokens(text).count;
    if (!table_begin(&s->table, tokens)) {
        return false;
    }
    uint64_t chars = 0;
    for (size_t i = 0; i + n <= tokens;) {
        const bool again = seen_gram(s, i, n);
        chars += again ? s->chars[i + n] - s->chars[i] : 0;
        i += again ? n : 1;
    }
    *value = share(chars, tamis_text_chars(text));
    return true;
}

/* ---- The filter ------------------------------------------------------------------------------------------------- */

static void begin(const void *self, void *scratch, tamis_text *text)
{
    (void)self;
    (void)text;
    struct scratch *const s = scratch;
    s->has_paragraphs = s->has_lines = s->has_tops = s->has_joined = false;
    memset(s->has_duplicated, 0, sizeof s->has_duplicated);
}

static bool measure_group(struct scratch *s, tamis_text *text, size_t rule)
{
    if (rule < LINES) {
        return s->has_paragraphs ||
               (s->has_paragraphs = measure_spans(s, text, TAMIS_SPLIT_PARAGRAPHS, &s->value[PARAGRAPHS]));
    }
    if (rule < TOP) {
        return s->has_lines || (s->has_lines = measure_spans(s, text, TAMIS_SPLIT_NEWLINES, &s->value[LINES]));
    }
    if (rule < DUPLICATED) {
        return s->has_tops || (s->has_tops = measure_tops(s, text));
    }
    bool *const has = &s->has_duplicated[rule - DUPLICATED];
    return *has || (*has = measure_duplicated(s, text, rule - DUPLICATED + 5, &s->value[rule]));
}

static double measure(const void *self, void *scratch, tamis_text *text, size_t rule)
{
    (void)self;
    struct scratch *const s = scratch;
    if (!measure_group(s, text, rule)) {
        tamis_text_fail(text);
        return NAN;
    }
    return s->value[rule];
}

static void scratch_close(const void *self, void *scratch)
{
    (void)self;
    struct scratch *const s = scratch;
    free_arrays(s);
    free(s->joined);
    free(s->table.slots);
}

#define AT(rule) (offsetof(struct gopher_repetition, limit) + (rule) * sizeof(double))
#define OF_TEXT " as a share of all characters, at most; none: off"

static const tamis_param params[] = {
    {"dialect", TAMIS_CHOICE, offsetof(struct gopher_repetition, dialect), "datatrove@0.10", 0, 0, "datatrove@0.10",
     "whose definitions to follow"},
    {"max_dup_para_frac", TAMIS_REAL, AT(0), "0.3", 0, 1, NULL, "share of paragraphs seen before, at most; none: off"},
    {"max_dup_para_char_frac", TAMIS_REAL, AT(1), "0.2", 0, 1, NULL, "paragraphs seen before" OF_TEXT},
    {"max_dup_line_frac", TAMIS_REAL, AT(2), "0.3", 0, 1, NULL, "share of lines seen before, at most; none: off"},
    {"max_dup_line_char_frac", TAMIS_REAL, AT(3), "0.2", 0, 1, NULL, "lines seen before" OF_TEXT},
    {"max_top_2_gram", TAMIS_REAL, AT(4), "0.2", 0, 1e12, NULL, "the most frequent 2-gram" OF_TEXT},
    {"max_top_3_gram", TAMIS_REAL, AT(5), "0.18", 0, 1e12, NULL, "the most frequent 3-gram" OF_TEXT},
    {"max_top_4_gram", TAMIS_REAL, AT(6), "0.16", 0, 1e12, NULL, "the most frequent 4-gram" OF_TEXT},
    {"max_dup_5_grams", TAMIS_REAL, AT(7), "0.15", 0, 1, NULL, "5-grams seen before" OF_TEXT},
    {"max_dup_6_grams", TAMIS_REAL, AT(8), "0.14", 0, 1, NULL, "6-grams seen before" OF_TEXT},
    {"max_dup_7_grams", TAMIS_REAL, AT(9), "0.13", 0, 1, NULL, "7-grams seen before" OF_TEXT},
    {"max_dup_8_grams", TAMIS_REAL, AT(10), "0.12", 0, 1, NULL, "8-grams seen before" OF_TEXT},
    {"max_dup_9_grams", TAMIS_REAL, AT(11), "0.11", 0, 1, NULL, "9-grams seen before" OF_TEXT},
    {"max_dup_10_grams", TAMIS_REAL, AT(12), "0.1", 0, 1, NULL, "10-grams seen before" OF_TEXT},
    {0},
};

static tamis_status open_rules(void *self, tamis_err *err)
{
    static const char *const names[RULES] = {
        "dup_para_frac", "dup_para_char_frac", "dup_line_frac", "dup_line_char_frac",
        "top_2_gram", "top_3_gram", "top_4_gram",
        "duplicated_5_n_grams", "duplicated_6_n_grams", "duplicated_7_n_grams",
        "duplicated_8_n_grams", "duplicated_9_n_grams", "duplicated_10_n_grams",
    };
    (void)err;
    struct gopher_repetition *const g = self;
    for (size_t r = 0; r < RULES; r++) {
        g->rules[r] = (tamis_rule){names[r], names[r], TAMIS_DROP_ABOVE, g->limit[r], NULL};
    }
    return TAMIS_OK;
}

static size_t list_rules(const void *self, const tamis_rule **rules)
{
    const struct gopher_repetition *const g = self;
    *rules = g->rules;
    return RULES;
}

extern const tamis_filter tamis_filter_gopher_repetition;
const tamis_filter tamis_filter_gopher_repetition = {
    .abi = TAMIS_FILTER_ABI,
    .version = 1,
    .name = "gopher_repetition",
    .summary = "repeated paragraphs, lines and n-grams, after Gopher",
    .kinds = TAMIS_KIND_BIT(TAMIS_PROSE),
    .params = params,
    .self_bytes = sizeof(struct gopher_repetition),
    .scratch_bytes = sizeof(struct scratch),
    .open = open_rules,
    .rules = list_rules,
    .scratch_close = scratch_close,
    .begin = begin,
    .measure = measure,
};
