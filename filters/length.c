/*
 * Too short or too long, in words or in characters. Words are the words of words-1, without the marks; characters are
 * code points. Nothing is switched on until a limit is given.
 */
#include "tamis.h"

enum { RULES = 4 };

struct length {
    double min_words, max_words, min_chars, max_chars;
    tamis_rule rules[RULES];
};

#define AT(field) offsetof(struct length, field)

static const tamis_param params[] = {
    {"min_words", TAMIS_REAL, AT(min_words), "none", 0, 1e12, NULL, "words, at least; none: off"},
    {"max_words", TAMIS_REAL, AT(max_words), "none", 0, 1e12, NULL, "words, at most; none: off"},
    {"min_chars", TAMIS_REAL, AT(min_chars), "none", 0, 1e12, NULL, "characters, at least; none: off"},
    {"max_chars", TAMIS_REAL, AT(max_chars), "none", 0, 1e12, NULL, "characters, at most; none: off"},
    {0},
};

static tamis_status open_rules(void *self, tamis_err *err)
{
    (void)err;
    struct length *const l = self;
    l->rules[0] = (tamis_rule){"length_min_words", "words", TAMIS_DROP_BELOW, l->min_words, NULL, false};
    l->rules[1] = (tamis_rule){"length_max_words", "words", TAMIS_DROP_ABOVE, l->max_words, NULL, false};
    l->rules[2] = (tamis_rule){"length_min_chars", "chars", TAMIS_DROP_BELOW, l->min_chars, NULL, false};
    l->rules[3] = (tamis_rule){"length_max_chars", "chars", TAMIS_DROP_ABOVE, l->max_chars, NULL, false};
    return TAMIS_OK;
}

static size_t list_rules(const void *self, const tamis_rule **rules)
{
    const struct length *const l = self;
    *rules = l->rules;
    return RULES;
}

static double measure(const void *self, void *scratch, tamis_text *text, size_t rule)
{
    (void)self;
    (void)scratch;
    return rule < 2 ? (double)tamis_text_counts(text).words : (double)tamis_text_chars(text);
}

extern const tamis_filter tamis_filter_length;
const tamis_filter tamis_filter_length = {
    .abi = TAMIS_FILTER_ABI,
    .version = 1,
    .name = "length",
    .summary = "number of words and of characters",
    .kinds = TAMIS_EVERY_KIND,
    .params = params,
    .self_bytes = sizeof(struct length),
    .open = open_rules,
    .rules = list_rules,
    .measure = measure,
};
