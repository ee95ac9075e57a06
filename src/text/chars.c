/*
 * Classes of characters, as dialect words-1 has them, and simple case folding. ASCII is looked up in a constant table,
 * everything else goes by the general category that utf8proc gives, which each workspace asks once per character.
 * Scripts without spaces are told by ranges of code points.
 */
#include "text/chars.h"

#include <utf8proc.h>

enum {
    S = CHARS_SPACE,
    P = CHARS_PUNCTUATION,
    D = CHARS_WORD,
    L = CHARS_WORD | CHARS_LETTER,
    U = CHARS_WORD | CHARS_PUNCTUATION /* the underscore */
};

static const uint8_t ascii[128] = {
    P, P, P, P, P, P, P, P, P, S, S, S, S, S, P, P, /* 00 */
    P, P, P, P, P, P, P, P, P, P, P, P, S, S, S, S, /* 10 */
    S, P, P, P, P, P, P, P, P, P, P, P, P, P, P, P, /* 20 */
    D, D, D, D, D, D, D, D, D, D, P, P, P, P, P, P, /* 30 */
    P, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, /* 40 */
    L, L, L, L, L, L, L, L, L, L, L, P, P, P, P, U, /* 50 */
    P, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, /* 60 */
    L, L, L, L, L, L, L, L, L, L, L, P, P, P, P, P, /* 70 */
};

struct range {
    uint32_t first, last;
};

/* Scripts without spaces, ascending. What is no letter in them (digits, signs) is not of their kind. */
static const struct range unspaced[] = {
    {0x0e00, 0x0eff},   /* Thai, Lao */
    {0x1000, 0x109f},   /* Myanmar */
    {0x1780, 0x17ff},   /* Khmer */
    {0x3005, 0x3007},   /* iteration mark, closing mark, zero of Han */
    {0x3031, 0x3035},   /* Kana repeat marks */
    {0x303b, 0x303c},   /* iteration marks written downwards */
    {0x3041, 0x30ff},   /* Hiragana, Katakana */
    {0x31f0, 0x31ff},   /* Katakana phonetic extensions */
    {0x3400, 0x4dbf},   /* Han extension A */
    {0x4e00, 0x9fff},   /* Han */
    {0xa9e0, 0xa9ff},   /* Myanmar extended B */
    {0xaa60, 0xaa7f},   /* Myanmar extended A */
    {0xf900, 0xfaff},   /* Han compatibility */
    {0xff66, 0xff9f},   /* half-width Katakana */
    {0x116d0, 0x116ff}, /* Myanmar extended C */
    {0x1aff0, 0x1b16f}, /* Kana extended B, supplement, extended A, small */
    {0x20000, 0x3fffd}, /* Han extensions B and later, compatibility supplement */
};

static bool is_unspaced(uint32_t c)
{
    for (size_t i = 0; i < sizeof unspaced / sizeof *unspaced; i++) {
        if (c <= unspaced[i].last) {
            return c >= unspaced[i].first;
        }
    }
    return false;
}

/* White_Space beyond ASCII. */
static bool is_wide_space(uint32_t c)
{
    return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
           c == 0x202f || c == 0x205f || c == 0x3000;
}

static unsigned wide_class(uint32_t c)
{
    enum { HAN_ZERO = 0x3007 };
    if (is_wide_space(c)) {
        return CHARS_SPACE;
    }
    const utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
    if (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) {
        return L | (is_unspaced(c) ? CHARS_UNSPACED : 0u);
    }
    if (category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME) {
        return CHARS_COMBINING;
    }
    if (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO) {
        return c == HAN_ZERO ? D | CHARS_UNSPACED : D;
    }
    const bool punctuation = category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO;
    return punctuation || category == UTF8PROC_CATEGORY_CC ? CHARS_PUNCTUATION : 0;
}

uint32_t chars_decode(const unsigned char *at, const unsigned char *end, uint32_t *code_point)
{
    const uint32_t lead = *at;
    const uint32_t bytes = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    if (bytes == 0 || (size_t)(end - at) < bytes) {
        return 0;
    }
    uint32_t c = lead & (0x7fu >> bytes);
    for (uint32_t i = 1; i < bytes; i++) {
        if ((at[i] & 0xc0u) != 0x80) {
            return 0;
        }
        c = c << 6 | (at[i] & 0x3fu);
    }
    *code_point = c;
    return bytes;
}

unsigned chars_class(const unsigned char *at, const unsigned char *end, uint32_t *bytes)
{
    if (*at < 0x80) {
        *bytes = 1;
        return ascii[*at];
    }
    uint32_t code_point = 0;
    const uint32_t len = chars_decode(at, end, &code_point);
    *bytes = len ? len : 1;
    return len ? wide_class(code_point) : 0;
}

unsigned chars_learn(struct chars *chars, uint32_t code_point)
{
    if (code_point >= CHARS_COUNT) {
        return 0;
    }
    const uint32_t folded = text_fold_wide(code_point);
    const unsigned class = wide_class(code_point) | (folded != code_point ? CHARS_FOLDS : 0u);
    chars->class[code_point] = (uint8_t)(class | CHARS_KNOWN);
    if (code_point < CHARS_FOLDED) {
        chars->folded[code_point] = (uint16_t)folded;
    }
    return class;
}

uint32_t text_fold_wide(uint32_t code_point)
{
    enum { CAPITAL_I_WITH_DOT = 0x130 }; /* has a lower case, but no simple folding */
    const utf8proc_int32_t c = (utf8proc_int32_t)code_point;
    if (code_point > 0x10ffff || code_point == CAPITAL_I_WITH_DOT) {
        return code_point;
    }
    if (utf8proc_get_property(c)->casefold_seqindex == UINT16_MAX) {
        return code_point;
    }
    utf8proc_int32_t folded[8];
    int last = 0;
    const utf8proc_ssize_t count = utf8proc_decompose_char(c, folded, 8, UTF8PROC_CASEFOLD, &last);
    /* a full folding to several: the simple one, where there is one, is the lower case */
    return (uint32_t)(count == 1 ? folded[0] : utf8proc_tolower(c));
}
