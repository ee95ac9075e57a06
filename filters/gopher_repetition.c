/*
 * The repetition rules of Gopher (Rae et al. 2021, table A1), as datatrove 0.10 computes them: every share is of all
 * characters of the text, white space included. A most frequent n-gram need not occur twice. Duplicated n-grams are
 * compared with nothing between their tokens, and a repeated one is stepped over as a whole. Tokens are of words-1.
 *
 * Equal means equal: a hash only finds the place to look, bytes or numbers decide. Where only the verdict matters,
 * upper bounds clear most texts; a value in question is counted.
 */
#define XXH_INLINE_ALL
#include <math.h>
#include <xxhash.h>

#include "gopher_grams.h"

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

/* ---- One thread's workspace ------------------------------------------------------------------------------------- */

struct scratch {
    double value[RULES];
    bool has[RULES]; /* `value` */
    struct span_bound {
        uint64_t repeats, chars;
    } bound[2];
    bool has_bound[2];
    struct gram_table spans;
    struct grams grams;
};

static double share(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : 0;
}

/* ---- Repeated paragraphs and lines ------------------------------------------------------------------------------ */

static tamis_split split_of(size_t rule)
{
    return rule < LINES ? TAMIS_SPLIT_PARAGRAPHS : TAMIS_SPLIT_NEWLINES;
}

/* True when a span with the same bytes was there before; else remembers it. */
static bool seen_span(const struct gram_table *t, const char *bytes, const tamis_span *spans, uint32_t index)
{
    const tamis_span span = spans[index];
    const uint64_t key = XXH3_64bits(bytes + span.at, span.bytes);
    struct gram_slot *slot = gram_table_at(t, key);
    for (; gram_table_holds(t, slot); slot = gram_table_next(t, slot)) {
        const tamis_span earlier = spans[slot->value];
        if (slot->key == key && earlier.bytes == span.bytes &&
            memcmp(bytes + earlier.at, bytes + span.at, span.bytes) == 0) {
            return true;
        }
    }
    gram_table_put(t, slot, key, index);
    return false;
}

/* Measures `rule`, which is PARAGRAPHS or LINES, and the one after it. */
static bool measure_spans(struct scratch *s, tamis_text *text, size_t rule)
{
    const tamis_spans spans = tamis_text_split(text, split_of(rule));
    const char *const bytes = tamis_text_bytes(text).at;
    if (!gram_table_begin(&s->spans, spans.count)) {
        return false;
    }
    uint64_t repeats = 0, chars = 0;
    for (size_t i = 0; i < spans.count; i++) {
        if (seen_span(&s->spans, bytes, spans.at, (uint32_t)i)) {
            repeats++;
            chars += spans.at[i].chars;
        }
    }
    s->value[rule] = share(repeats, spans.count);
    s->value[rule + 1] = share(chars, tamis_text_chars(text));
    s->has[rule] = s->has[rule + 1] = true;
    return true;
}

/* A hash of the length and of the bytes at both ends. */
static uint64_t hash_ends(const char *at, uint32_t bytes)
{
    uint64_t first = 0, last = 0;
    if (bytes >= sizeof first) {
        memcpy(&first, at, sizeof first);
        memcpy(&last, at + bytes - sizeof last, sizeof last);
    } else {
        for (uint32_t i = 0; i < bytes; i++) {
            first = first << 8 | (unsigned char)at[i];
        }
    }
    return (first + bytes) * 0x9fb21c651e98df25u + last * 0xd6e8feb86659fd93u;
}

/* Counts as seen before what has the length and the ends of an earlier span, and now and then what has not. */
static struct span_bound bound_spans(tamis_text *text, tamis_split how)
{
    enum { BITS = 12 };
    uint64_t seen[(1u << BITS) / 64] = {0};
    const tamis_spans spans = tamis_text_split(text, how);
    const char *const bytes = tamis_text_bytes(text).at;
    struct span_bound bound = {0};
    for (size_t i = 0; i < spans.count; i++) {
        const tamis_span span = spans.at[i];
        const uint64_t h = hash_ends(bytes + span.at, span.bytes) >> (64 - BITS), bit = (uint64_t)1 << h % 64;
        const bool again = seen[h / 64] & bit;
        seen[h / 64] |= bit;
        bound.repeats += again;
        bound.chars += again ? span.chars : 0;
    }
    return bound;
}

/* ---- The filter ------------------------------------------------------------------------------------------------- */

static void begin(const void *self, void *scratch, tamis_text *text)
{
    (void)self;
    (void)text;
    struct scratch *const s = scratch;
    memset(s->has, 0, sizeof s->has);
    s->has_bound[0] = s->has_bound[1] = false;
    grams_begin(&s->grams);
}

static size_t n_of(size_t rule)
{
    return rule < DUPLICATED ? rule - TOP + GRAM_TOP_FIRST : rule - DUPLICATED + GRAM_DUPLICATED_FIRST;
}

static bool measure_grams(struct scratch *s, tamis_text *text, size_t rule)
{
    const bool top = rule < DUPLICATED;
    const size_t n = n_of(rule);
    uint64_t chars = 0;
    if (!(top ? grams_top(&s->grams, text, n, &chars)
              : grams_duplicated(&s->grams, text, n, GRAMS_CHARS, &chars))) {
        return false;
    }
    s->value[rule] = top && s->grams.tokens.count < n ? NAN : share(chars, tamis_text_chars(text));
    s->has[rule] = true;
    return true;
}

static double measure(const void *self, void *scratch, tamis_text *text, size_t rule)
{
    (void)self;
    struct scratch *const s = scratch;
    if (s->has[rule] || (rule < TOP ? measure_spans(s, text, rule & ~(size_t)1) : measure_grams(s, text, rule))) {
        return s->value[rule];
    }
    tamis_text_fail(text);
    return NAN;
}

static void scratch_close(const void *self, void *scratch)
{
    (void)self;
    struct scratch *const s = scratch;
    grams_release(&s->grams);
    free(s->spans.slots);
}

/* ---- Clearing --------------------------------------------------------------------------------------------------- */

static bool spans_clear(struct scratch *s, tamis_text *text, size_t rule, double limit)
{
    const size_t kind = rule / 2;
    if (!s->has_bound[kind]) {
        s->bound[kind] = bound_spans(text, split_of(rule));
        s->has_bound[kind] = true;
    }
    const double most = rule % 2 ? share(s->bound[kind].chars, tamis_text_chars(text))
                                 : share(s->bound[kind].repeats, tamis_text_split(text, split_of(rule)).count);
    return !(most > limit);
}

typedef bool count_grams(struct grams *g, tamis_text *text, size_t n, enum grams_unit unit, uint64_t *most);

/* Whether so many of bytes or of characters, which are never more, are not too many. */
static bool grams_clear(struct scratch *s, tamis_text *text, size_t rule, double limit)
{
    count_grams *const count = rule < DUPLICATED ? grams_top_bound : grams_duplicated;
    const uint64_t chars = tamis_text_chars(text);
    const bool ascii = chars == tamis_text_bytes(text).len;
    uint64_t most = 0;
    if (rule >= DUPLICATED && grams_duplicated_bound(&s->grams, text, &most) && !(share(most, chars) > limit)) {
        return true;
    }
    if (!count(&s->grams, text, n_of(rule), GRAMS_BYTES, &most)) {
        return false;
    }
    if (share(most, chars) > limit && !ascii && !count(&s->grams, text, n_of(rule), GRAMS_CHARS, &most)) {
        return false;
    }
    return !(share(most, chars) > limit);
}

static bool clears(const void *self, void *scratch, tamis_text *text, size_t rule)
{
    const struct gopher_repetition *const g = self;
    struct scratch *const s = scratch;
    const double limit = g->limit[rule];
    if (s->has[rule]) {
        return !(s->value[rule] > limit);
    }
    if (rule < TOP) {
        return spans_clear(s, text, rule, limit);
    }
    if (grams_clear(s, text, rule, limit)) {
        return true;
    }
    return rule < DUPLICATED && measure_grams(s, text, rule) && !(s->value[rule] > limit);
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
    .clears = clears,
};
