/*
 * The repetition rules of Gopher (Rae et al. 2021, table A1), as datatrove 0.10 computes them: every share is of all
 * characters of the text, white space included. A most frequent n-gram need not occur twice. Duplicated n-grams are
 * compared with nothing between their tokens, and a repeated one is stepped over as a whole. Tokens are of words-1; as
 * these are letters in scripts without spaces, where any text repeats n-grams of them, rules on n-grams need spaces.
 *
 * Equal means equal: a hash only finds the place to look, bytes or numbers decide. Where only the verdict matters,
 * upper bounds clear most texts; a value in question is counted.
 */
#define XXH_INLINE_ALL
#include <math.h>
#include <xxhash.h>

#include "gopher_grams.h"
#include "gopher_spans.h"

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
    struct span_bounds bounds;
    bool has_bounds;
    newline_bits *find_newlines;
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

/* ---- The filter ------------------------------------------------------------------------------------------------- */

static void begin(const void *self, void *scratch, tamis_text *text)
{
    (void)self;
    (void)text;
    struct scratch *const s = scratch;
    memset(s->has, 0, sizeof s->has);
    s->has_bounds = false;
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

static tamis_status scratch_open(const void *self, void *scratch, tamis_err *err)
{
    (void)self;
    (void)err;
    struct scratch *const s = scratch;
    s->find_newlines = newline_bits_for(tamis_cpu_best());
    grams_open(&s->grams, tamis_cpu_best());
    return TAMIS_OK;
}

static void scratch_close(const void *self, void *scratch)
{
    (void)self;
    struct scratch *const s = scratch;
    grams_release(&s->grams);
    free(s->spans.slots);
}

/* ---- Clearing --------------------------------------------------------------------------------------------------- */

/* By bytes, of which there are no fewer than characters. */
static bool spans_clear(struct scratch *s, tamis_text *text, size_t rule, double limit)
{
    if (!s->has_bounds) {
        s->bounds = bound_spans(tamis_text_bytes(text), s->find_newlines);
        s->has_bounds = true;
    }
    const struct span_bound *const b = rule < LINES ? &s->bounds.paragraphs : &s->bounds.lines;
    const double most = rule % 2 ? share(b->bytes, tamis_text_chars(text)) : share(b->repeats, b->count);
    return !(most > limit);
}

/* By one look for all n; then for this n, in bytes and in characters, which are never more; then by counting. */
static bool top_clears(struct scratch *s, tamis_text *text, size_t rule, double limit)
{
    const uint64_t chars = tamis_text_chars(text);
    const size_t n = n_of(rule);
    uint64_t most = 0;
    if (!grams_top_bound(&s->grams, text, n, &most)) {
        return false;
    }
    if (share(most, chars) > limit && n > 2 && !grams_top_weight(&s->grams, text, n, GRAMS_BYTES, &most)) {
        return false;
    }
    if (share(most, chars) > limit && chars < tamis_text_bytes(text).len &&
        !grams_top_weight(&s->grams, text, n, GRAMS_CHARS, &most)) {
        return false;
    }
    return !(share(most, chars) > limit) || (measure_grams(s, text, rule) && !(s->value[rule] > limit));
}

/* What has no more bytes than allowed has no more characters; in ASCII they are the same, and the value is found. */
static bool duplicated_clears(struct scratch *s, tamis_text *text, size_t rule, double limit)
{
    const uint64_t chars = tamis_text_chars(text);
    uint64_t most = 0;
    if (!grams_duplicated_bound(&s->grams, text, &most)) {
        return false;
    }
    if (!(share(most, chars) > limit)) {
        return true;
    }
    if (chars < tamis_text_bytes(text).len && grams_duplicated(&s->grams, text, n_of(rule), GRAMS_BYTES, &most) &&
        !(share(most, chars) > limit)) {
        return true;
    }
    return measure_grams(s, text, rule) && !(s->value[rule] > limit);
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
    return rule < DUPLICATED ? top_clears(s, text, rule, limit) : duplicated_clears(s, text, rule, limit);
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
        g->rules[r] = (tamis_rule){names[r], names[r], TAMIS_DROP_ABOVE, g->limit[r], NULL, r >= TOP};
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
    .version = 2,
    .name = "gopher_repetition",
    .summary = "repeated paragraphs, lines and n-grams, after Gopher",
    .kinds = TAMIS_KIND_BIT(TAMIS_PROSE),
    .params = params,
    .self_bytes = sizeof(struct gopher_repetition),
    .scratch_bytes = sizeof(struct scratch),
    .open = open_rules,
    .rules = list_rules,
    .scratch_open = scratch_open,
    .scratch_close = scratch_close,
    .begin = begin,
    .measure = measure,
    .clears = clears,
};
