/*
 * The tokeniser, dialect words-1, and the classes of characters it goes by. ASCII is looked up in a constant table,
 * everything else goes by the general category that utf8proc gives. Scripts without spaces are told by ranges of code
 * points. No normalisation, no stemming, no dictionary: a token is a piece of the text as it stands.
 */
#include "run/text.h"

#include <stdlib.h>
#include <utf8proc.h>

enum {
    S = TEXT_SPACE,
    P = TEXT_PUNCTUATION,
    D = TEXT_WORD,
    L = TEXT_WORD | TEXT_LETTER,
    U = TEXT_WORD | TEXT_PUNCTUATION /* the underscore */
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
        return TEXT_SPACE;
    }
    const utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
    if (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) {
        return L | (is_unspaced(c) ? TEXT_UNSPACED : 0u);
    }
    if (category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME) {
        return TEXT_COMBINING;
    }
    if (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO) {
        return c == HAN_ZERO ? D | TEXT_UNSPACED : D;
    }
    const bool punctuation = category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO;
    return punctuation || category == UTF8PROC_CATEGORY_CC ? TEXT_PUNCTUATION : 0;
}

/* The bytes of the character that begins at `at`, or 0 when it is not whole. */
static uint32_t decode(const unsigned char *at, const unsigned char *end, uint32_t *code_point)
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

unsigned text_class(const unsigned char *at, const unsigned char *end, uint32_t *bytes)
{
    if (*at < 0x80) {
        *bytes = 1;
        return ascii[*at];
    }
    uint32_t code_point = 0;
    const uint32_t len = decode(at, end, &code_point);
    *bytes = len ? len : 1;
    return len ? wide_class(code_point) : 0;
}

static uint32_t token_flags(unsigned any, unsigned every)
{
    return (any & TEXT_WORD ? (uint32_t)TAMIS_TOKEN_WORD : 0u) |
           (any & TEXT_LETTER ? (uint32_t)TAMIS_TOKEN_ALPHABETIC : 0u) |
           (every & TEXT_PUNCTUATION ? (uint32_t)TAMIS_TOKEN_PUNCTUATION : 0u);
}

/*
 * The token that begins at `at`, where a character of class `first` and length `bytes` stands. A mark ends after it; a
 * letter of a script without spaces takes its combining marks along; a word goes on for as long as it can.
 */
static tamis_token take_token(const unsigned char *at, const unsigned char *end, unsigned first, uint32_t bytes)
{
    const unsigned goes_on = first & TEXT_UNSPACED ? TEXT_COMBINING : TEXT_WORD | TEXT_COMBINING;
    tamis_token token = {.bytes = bytes, .chars = 1};
    unsigned any = first, every = first;
    while ((first & TEXT_WORD) && at + token.bytes < end) {
        uint32_t more = 0;
        const unsigned next = text_class(at + token.bytes, end, &more);
        if (!(next & goes_on) || (next & TEXT_UNSPACED)) {
            break;
        }
        any |= next;
        every &= next;
        token.bytes += more;
        token.chars++;
    }
    token.is = token_flags(any, every);
    return token;
}

bool text_grow(void **at, size_t *cap, size_t size)
{
    enum { SMALLEST = 256 };
    const size_t wanted = *cap ? *cap * 2 : SMALLEST;
    void *const more = wanted <= SIZE_MAX / size ? realloc(*at, wanted * size) : NULL;
    if (!more) {
        return false;
    }
    *at = more;
    *cap = wanted;
    return true;
}

static bool add_token(struct text_tokens *out, tamis_token token)
{
    if (out->count == out->cap) {
        void *at = out->at;
        if (!text_grow(&at, &out->cap, sizeof *out->at)) {
            return false;
        }
        out->at = at;
    }
    out->at[out->count++] = token;
    out->words += token.is & TAMIS_TOKEN_WORD;
    return true;
}

bool words_split(struct text_tokens *out, tamis_str text)
{
    const unsigned char *const begin = (const unsigned char *)text.at;
    const unsigned char *const end = begin + text.len;
    out->count = out->words = 0;
    for (const unsigned char *at = begin; at < end;) {
        uint32_t bytes = 0;
        const unsigned class = text_class(at, end, &bytes);
        if (class & TEXT_SPACE) {
            at += bytes;
            continue;
        }
        tamis_token token = take_token(at, end, class, bytes);
        token.at = (uint32_t)(at - begin);
        at += token.bytes;
        if (!add_token(out, token)) {
            return false;
        }
    }
    return true;
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
