/*
 * Words of a normalised text by the rules that spaCy 3 has for English, as far as they can still apply: white space,
 * the apostrophes of contractions, nearly all punctuation and capitals are gone, and every number is 0.
 *
 * A word loses characters at both ends, one affix at a time, until it is a contraction or nothing more comes off; what
 * is left is cut at symbols within.
 */
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "sketch/compat_text.h"

/* ---- Contractions ----------------------------------------------------------------------------------------------- */

#define LONGEST_CONTRACTION 11u
#define WHO_D "he how i it that there these they this those we what when where who why you "
#define WHO_LL "how it that there these they this those what when where who why you "
#define NOT_VE "ca could did do does had may might must need ought sha should wo would "

/* Any stem followed by the tail, by the second tail. The words that these would make and that are others are left out:
 * ill, its, hell, shell, shed, were, well, whore. */
static const struct contraction {
    const char *tail, *second, *stems;
} contractions[] = {
    {"nt", "", " ai are dare has have is was were " NOT_VE},
    {"nt", "ve", " " NOT_VE},
    {"d", "", " " WHO_D},
    {"d", "ve", " she " WHO_D},
    {"ll", "", " " WHO_LL},
    {"ll", "ve", " he i she we " WHO_LL},
    {"ve", "", " could how i might must not should there these they those we what when where who why would you "},
    {"re", "", " how there these they those what when where why you "},
    {"s", "", " he how she that there this what when where who why "},
    {"m", "", " i "},
    {"m", "a", " i "},
    {"not", "", " can "},
    {"na", "", " gon "},
    {"ta", "", " got "},
    {"all", "", " y "},
};

static bool takes_off(const char *word, size_t *len, const char *tail)
{
    const size_t bytes = strlen(tail);
    if (*len < bytes || memcmp(word + *len - bytes, tail, bytes) != 0) {
        return false;
    }
    *len -= bytes;
    return true;
}

static bool has_stem(const struct contraction *c, const char *word, size_t len)
{
    char wanted[LONGEST_CONTRACTION + 3] = " ";
    memcpy(wanted + 1, word, len);
    memcpy(wanted + 1 + len, " ", 2);
    return strstr(c->stems, wanted) != NULL;
}

/* Where a contraction is cut first, and cut again (0: it is not). False: it is none. */
static bool contraction_parts(const uint32_t *at, size_t len, size_t *first, size_t *second)
{
    char word[LONGEST_CONTRACTION];
    if (len < 2 || len > LONGEST_CONTRACTION || at[len - 1] >= 0x80 || !strchr("adelmst", (int)at[len - 1])) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (at[i] - 'a' >= 26) {
            return false;
        }
        word[i] = (char)at[i];
    }
    for (size_t i = 0; i < sizeof contractions / sizeof *contractions; i++) {
        const struct contraction *const c = &contractions[i];
        *first = len;
        if (!takes_off(word, first, c->second)) {
            continue;
        }
        *second = *first < len ? *first : 0;
        if (takes_off(word, first, c->tail) && *first > 0 && has_stem(c, word, *first)) {
            return true;
        }
    }
    return false;
}

/* Words that nothing is taken off: contractions, and 's with the quotation mark that is not an apostrophe. */
static bool is_special(const uint32_t *at, size_t len)
{
    size_t first, second;
    return (len == 2 && at[0] == 0x2018 && at[1] == 's') || contraction_parts(at, len, &first, &second);
}

/* ---- Characters ------------------------------------------------------------------------------------------------- */

/* Symbols (So) but those that were assigned after Unicode 11, and a few more. */
static bool is_symbol(uint32_t c)
{
    static const struct compat_range others[] = {
        {0x166d, 0x166d}, {0x2b97, 0x2b97}, {0x2bc9, 0x2bc9}, {0x2bff, 0x2bff}, {0x2e50, 0x2e51}, {0x32ff, 0x32ff},
        {0xfd40, 0xfdcf}, {0xfdfe, 0xfdff}, {0x1019c, 0x1019c}, {0x11fd5, 0x11ff1}, {0x1cf50, 0x1cfc3},
        {0x1d1e9, 0x1d1ea}, {0x1e14f, 0x1e14f}, {0x1ed2e, 0x1ed2e}, {0x1f10d, 0x1f10f}, {0x1f16c, 0x1f16f},
        {0x1f1ad, 0x1f1ad}, {0x1f6d5, 0x1f6df}, {0x1f6fa, 0x1f6fc}, {0x1f774, 0x1f77f}, {0x1f7d9, 0x1f7f0},
        {0x1f8b0, 0x1f8b1}, {0x1f90c, 0x1f90f}, {0x1f93f, 0x1f93f}, {0x1f971, 0x1f972}, {0x1f977, 0x1f979},
        {0x1f97b, 0x1f97b}, {0x1f9a3, 0x1f9af}, {0x1f9ba, 0x1f9bf}, {0x1f9c3, 0x1f9cf}, {0x1fa00, 0x1fa53},
        {0x1fa70, 0x1fbca}};
    return c >= 0x80 && utf8proc_category((utf8proc_int32_t)c) == UTF8PROC_CATEGORY_SO && !COMPAT_IN(c, others);
}

static bool is_currency(uint32_t c)
{
    return c == 0xa3 || c == 0xa5 || c == 0xe3f || (c >= 0x20a0 && c <= 0x20bf) || c == 0xfdfc;
}

/* Punctuation that normalisation leaves, or that comes of a decomposition. */
static bool is_mark(uint32_t c)
{
    static const uint32_t marks[] = {';',   '<',   '>',   '`',   0xa1,   0xb4,   0xb7,   0xbf,
                                     0x60c, 0x61b, 0x61f, 0x66a, 0x6d4,  0x964,  0x2018, 0x201a,
                                     0x27e6, 0x27e7, 0x3008, 0x3009, 0x300e, 0x300f, 0x3014, 0x3015};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (c == marks[i]) {
            return true;
        }
    }
    return false;
}

static bool is_plain(uint32_t c)
{
    return c - 'a' < 26 || c == '0';
}

static bool is_prefix(uint32_t c)
{
    return !is_plain(c) && (c == '=' || c == 0xa7 || is_currency(c) || is_mark(c) || is_symbol(c));
}

/* What counts as a letter beside a sign that was overlaid with a stroke. */
static bool is_letter(uint32_t c)
{
    static const struct compat_range letters[] = {
        {'a', 'z'}, {0xdf, 0xf0}, {0xf8, 0x1bf}, {0x1c6, 0x2af}, {0x3b1, 0x3c9}, {0x430, 0x44f}, {0x454, 0x45a},
        {0x491, 0x491}, {0x497, 0x497}, {0x4a3, 0x4a3}, {0x4af, 0x4af}, {0x4bb, 0x4bb}, {0x4d9, 0x4d9}, {0x4e9, 0x4e9},
        {0x5be, 0x5f4}, {0x620, 0x64a}, {0x66e, 0x6d5}, {0x6e5, 0x6ff}, {0x750, 0x77f}, {0x8a0, 0x8bd}, {0x903, 0x9fd},
        {0xb83, 0xcf3}, {0xd82, 0xdf4}, {0x1100, 0x137c}, {0x1d00, 0x1d25}, {0x1d6b, 0x1d77}, {0x1d79, 0x1d9a},
        {0x1e9a, 0x1eff}, {0x2c61, 0x2c7b}, {0x2e80, 0x30ff}, {0x31c0, 0x31e3}, {0x3200, 0x4dbf}, {0x4e00, 0x9fff},
        {0xa723, 0xa76f}, {0xa771, 0xa787}, {0xa78c, 0xa78e}, {0xa791, 0xa7b9}, {0xa7fa, 0xa7fa}, {0xab30, 0xab5a},
        {0xab60, 0xab64}, {0xfa0e, 0xfa29}, {0xfb20, 0xfbb1}, {0xfbd3, 0xfd3d}, {0xfd50, 0xfdc7}, {0xfdf0, 0xfdfb},
        {0xfe30, 0xfe4f}, {0xfe70, 0xfefc}, {0xff41, 0xff5a}, {0x1ee00, 0x1eebb}, {0x1f200, 0x1f265},
        {0x20000, 0x2ebe0}};
    return COMPAT_IN(c, letters);
}

/* ---- Affixes ---------------------------------------------------------------------------------------------------- */

#define LONGEST_UNIT 5u

/* Units that come off a number. */
static const uint32_t units[][LONGEST_UNIT + 1] = {
    {'k', 'm'}, {'k', 'm', 0xb2}, {'k', 'm', 0xb3}, {'m'}, {'m', 0xb2}, {'m', 0xb3}, {'d', 'm'}, {'d', 'm', 0xb2},
    {'d', 'm', 0xb3}, {'c', 'm'}, {'c', 'm', 0xb2}, {'c', 'm', 0xb3}, {'m', 'm'}, {'m', 'm', 0xb2}, {'m', 'm', 0xb3},
    {'h', 'a'}, {0xb5, 'm'}, {'n', 'm'}, {'y', 'd'}, {'i', 'n'}, {'f', 't'}, {'k', 'g'}, {'g'}, {'m', 'g'}, {0xb5, 'g'},
    {'t'}, {'l', 'b'}, {'o', 'z'}, {'k', 'm', 'h'}, {'m', 'p', 'h'}, {'m', 'b', 'a', 'r'}, {'m', 'b'}, {'k', 'b'},
    {'g', 'b'}, {'t', 'b'}, {0x43a, 0x43c}, {0x43a, 0x43c, 0xb2}, {0x43a, 0x43c, 0xb3}, {0x43c}, {0x43c, 0xb2},
    {0x43c, 0xb3}, {0x434, 0x43c},
    {0x434, 0x43c, 0xb2}, {0x434, 0x43c, 0xb3}, {0x441, 0x43c}, {0x441, 0x43c, 0xb2}, {0x441, 0x43c, 0xb3},
    {0x43c, 0x43c}, {0x43c, 0x43c, 0xb2}, {0x43c, 0x43c, 0xb3}, {0x43d, 0x43c}, {0x43a, 0x433}, {0x433},
    {0x43c, 0x433}, {0x43c, 0x431, 0x430, 0x440}, {0x43a, 0x431}, {0x43c, 0x431}, {0x433, 0x431},
    {0x442, 0x431, 0x643, 0x645}, {0x643, 0x645}, {0x643, 0x645, 0xb2}, {0x643, 0x645, 0xb3}, {0x645}, {0x645, 0xb2},
    {0x645, 0xb3}, {0x633, 0x645}, {0x633, 0x645, 0xb2}, {0x633, 0x645, 0xb3}, {0x645, 0x645}, {0x645, 0x645, 0xb2},
    {0x645, 0x645, 0xb3}, {0x63a, 0x631, 0x627, 0x645}, {0x62c, 0x631, 0x627, 0x645}, {0x62c, 0x645}, {0x643, 0x63a},
    {0x645, 0x644, 0x63a}, {0x643, 0x648, 0x628}, {0x627, 0x643, 0x648, 0x627, 0x628}};

static bool is_unit(const uint32_t *at, size_t len)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (units[i][len] == 0 && memcmp(units[i], at, len * sizeof *at) == 0) {
            return true;
        }
    }
    return false;
}

/* Characters that come off at the end; 0: none do. */
static size_t suffix_length(const uint32_t *at, size_t len)
{
    for (size_t unit = len > LONGEST_UNIT ? LONGEST_UNIT : len ? len - 1 : 0; unit > 0; unit--) {
        if (at[len - unit - 1] == '0' && is_unit(at + len - unit, unit)) {
            return unit;
        }
    }
    if (len == 0 || is_plain(at[len - 1])) {
        return 0;
    }
    const bool priced = len > 1 && at[len - 2] == '0' && is_currency(at[len - 1]);
    return priced || is_mark(at[len - 1]) || is_symbol(at[len - 1]);
}

/* Narrows [*from, *to) to what is left without affixes, cuts at each. True: it is special. */
static bool take_affixes(struct compat_text *t, size_t *from, size_t *to)
{
    while (*from < *to) {
        const uint32_t *const at = t->at + *from;
        const size_t len = *to - *from;
        if (is_special(at, len)) {
            return true;
        }
        const size_t prefix = is_prefix(at[0]);
        const size_t suffix = suffix_length(at + prefix, len - prefix);
        if (prefix + suffix == 0) {
            break;
        }
        /* One of the two comes off alone where that leaves a contraction. */
        const bool first = prefix && is_special(at + 1, len - 1);
        const bool last = !first && suffix && is_special(at, len - suffix);
        *from += last ? 0 : prefix;
        *to -= first ? 0 : suffix;
        t->cut[*from] = 1;
        if (!first && suffix) {
            t->cut[*to] = 1;
        }
    }
    return false;
}

static void cut_within(struct compat_text *t, size_t from, size_t to)
{
    for (size_t i = from + 1; i < to; i++) {
        const uint32_t c = t->at[i];
        const bool sign = c >= '<' && c <= '>' && (is_letter(t->at[i - 1]) || t->at[i - 1] == '0') && i + 1 < to &&
                          is_letter(t->at[i + 1]);
        if (sign || is_symbol(c)) {
            t->cut[i] = t->cut[i + 1] = 1;
        }
    }
}

static void cut_word(struct compat_text *t, size_t from, size_t to)
{
    size_t first, second;
    if (!take_affixes(t, &from, &to)) {
        cut_within(t, from, to);
    } else if (contraction_parts(t->at + from, to - from, &first, &second)) {
        t->cut[from + first] = 1;
        t->cut[from + second] = 1;
    }
}

void compat_cut(struct compat_text *t)
{
    for (size_t from = 0, to = 0; from < t->count; from = to + 1) {
        to = from;
        while (to < t->count && t->at[to] != ' ') {
            to++;
        }
        cut_word(t, from, to);
    }
}

/* ---- Words as bytes --------------------------------------------------------------------------------------------- */

static bool begin_word(struct compat_words *w)
{
    if (w->count + 2 > w->cap) {
        const size_t cap = 2 * w->cap + 256;
        size_t *const begin = realloc(w->begin, cap * sizeof *begin);
        if (!begin) {
            return false;
        }
        w->begin = begin;
        w->cap = cap;
    }
    if (w->count && !buf_add_char(&w->bytes, ' ')) {
        return false;
    }
    w->begin[w->count++] = w->bytes.len;
    return true;
}

bool compat_collect(struct compat_words *w, const struct compat_text *t)
{
    bool fine = true, apart = true;
    buf_clear(&w->bytes);
    w->count = 0;
    for (size_t i = 0; fine && i < t->count; i++) {
        if (t->at[i] == ' ') {
            apart = true;
            continue;
        }
        utf8proc_uint8_t bytes[4];
        const utf8proc_ssize_t len = utf8proc_encode_char((utf8proc_int32_t)t->at[i], bytes);
        fine = (!apart && !t->cut[i]) || begin_word(w);
        fine = fine && buf_add(&w->bytes, bytes, (size_t)len);
        apart = false;
    }
    if (fine && w->count) {
        w->begin[w->count] = w->bytes.len + 1;
    }
    return fine;
}
