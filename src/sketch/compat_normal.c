/*
 * Normalisation of datatrove 0.10: what compat_datatrove.h says, in that order.
 */
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "sketch/compat_text.h"
#include "text/chars.h"

#define MOST_DECOMPOSED 4u /* code points that one becomes, in any version of Unicode */
#define CAPITAL_SIGMA 0x3a3u
#define SMALL_SIGMA 0x3c3u
#define FINAL_SIGMA 0x3c2u
#define NOT_A_CHARACTER 0xfffdu

/* ---- What characters are ---------------------------------------------------------------------------------------- */

/* White space, and what becomes white space. */
static bool is_gap(uint32_t c)
{
    static const struct compat_range gaps[] = {
        {0, '/'}, {':', '@'}, {'[', '`'}, {'{', 0xa0}, {0xab, 0xab}, {0xb4, 0xb4}, {0xbb, 0xbb}, {0x1680, 0x1680},
        {0x2000, 0x200a}, {0x2013, 0x2014}, {0x2019, 0x2019}, {0x201c, 0x201e}, {0x2026, 0x2026}, {0x2028, 0x2029},
        {0x202f, 0x202f}, {0x205f, 0x205f}, {0x2236, 0x2236}, {0x2501, 0x2501}, {0x25ba, 0x25ba}, {0x3000, 0x3002},
        {0x3008, 0x300d}, {0x3010, 0x3011}, {0xff01, 0xff01}, {0xff05, 0xff05}, {0xff08, 0xff09}, {0xff0c, 0xff0c},
        {0xff0e, 0xff0e}, {0xff1a, 0xff1b}, {0xff1f, 0xff1f}, {0xff5e, 0xff5e}};
    return COMPAT_IN(c, gaps);
}

static bool is_digit(uint32_t c)
{
    return c < 0x80 ? c - '0' < 10 : utf8proc_category((utf8proc_int32_t)c) == UTF8PROC_CATEGORY_ND;
}

static bool is_decimal_mark(uint32_t c)
{
    return c == '.' || c == ',' || c == 0x60c || c == 0x66b || (c >= 0x2396 && c <= 0x2398);
}

/* ---- Lower case ------------------------------------------------------------------------------------------------- */

/* Case_Ignorable (Unicode 3.13, D136). */
static bool is_passed_over(uint32_t c)
{
    static const uint32_t marks[] = {'\'', '.', ':', 0xb7, 0x387, 0x55f, 0x5f4, 0x2018, 0x2019, 0x2024, 0x2027, 0xfe13,
                                     0xfe52, 0xfe55, 0xff07, 0xff0e, 0xff1a};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (c == marks[i]) {
            return true;
        }
    }
    const utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
    return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_ME || category == UTF8PROC_CATEGORY_CF ||
           category == UTF8PROC_CATEGORY_LM || category == UTF8PROC_CATEGORY_SK;
}

/* Cased (D135), of those that are not passed over. */
static bool has_case(uint32_t c)
{
    static const struct compat_range others[] = {{0xaa, 0xaa}, {0xba, 0xba}, {0x2160, 0x217f}, {0x24b6, 0x24e9},
                                          {0x1f130, 0x1f149}, {0x1f150, 0x1f169}, {0x1f170, 0x1f189}};
    const utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
    return category == UTF8PROC_CATEGORY_LU || category == UTF8PROC_CATEGORY_LL || category == UTF8PROC_CATEGORY_LT ||
           COMPAT_IN(c, others);
}

/* Final_Sigma (Unicode 3.13, table 3-17): at the end of a word of more than one letter. */
static uint32_t lower_sigma(const uint32_t *read, size_t count, size_t i)
{
    size_t before = i, after = i + 1;
    while (before > 0 && is_passed_over(read[before - 1])) {
        before--;
    }
    if (before == 0 || !has_case(read[before - 1])) {
        return SMALL_SIGMA;
    }
    while (after < count && is_passed_over(read[after])) {
        after++;
    }
    return after < count && has_case(read[after]) ? SMALL_SIGMA : FINAL_SIGMA;
}

static uint32_t lower(const uint32_t *read, size_t count, size_t i)
{
    const uint32_t c = read[i];
    if (c < 0x80) {
        return c - 'A' < 26 ? c + ('a' - 'A') : c;
    }
    return c == CAPITAL_SIGMA ? lower_sigma(read, count, i) : (uint32_t)utf8proc_tolower((utf8proc_int32_t)c);
}

/* ---- Decomposition ---------------------------------------------------------------------------------------------- */

/* Appends one code point in canonical order (Unicode 3.11) unless it is a nonspacing mark. `ordered`: where the marks
 * after the last character that no mark passes begin. */
static void append(struct compat_text *t, uint32_t c, size_t *ordered)
{
    const utf8proc_property_t *const property = utf8proc_get_property((utf8proc_int32_t)c);
    const bool stays = property->category != UTF8PROC_CATEGORY_MN;
    size_t to = t->count;
    if (stays && property->combining_class) {
        while (to > *ordered && utf8proc_get_property((utf8proc_int32_t)t->at[to - 1])->combining_class >
                                    property->combining_class) {
            t->at[to] = t->at[to - 1];
            to--;
        }
    }
    if (stays) {
        t->at[to] = c;
        t->count++;
    }
    if (!property->combining_class) {
        *ordered = t->count;
    }
}

static void decompose(struct compat_text *t, uint32_t c, size_t *ordered)
{
    utf8proc_int32_t parts[MOST_DECOMPOSED];
    int boundary = 0;
    const utf8proc_ssize_t count = utf8proc_decompose_char((utf8proc_int32_t)c, parts, MOST_DECOMPOSED,
                                                           UTF8PROC_DECOMPOSE | UTF8PROC_STABLE, &boundary);
    for (utf8proc_ssize_t i = 0; i < count && i < (utf8proc_ssize_t)MOST_DECOMPOSED; i++) {
        append(t, (uint32_t)parts[i], ordered);
    }
}

/* ---- All of it -------------------------------------------------------------------------------------------------- */

/* What stays of a character, decomposed and without its marks, is never more characters than it has bytes. */
static bool make_room(struct compat_text *t, size_t bytes)
{
    if (bytes < t->cap) {
        return true;
    }
    if (bytes > SIZE_MAX / 64) {
        return false;
    }
    const size_t cap = bytes + bytes / 2 + 64;
    free(t->read);
    free(t->at);
    free(t->cut);
    t->read = malloc(cap * sizeof *t->read);
    t->at = malloc(cap * sizeof *t->at);
    t->cut = malloc(cap);
    t->cap = t->read && t->at && t->cut ? cap : 0;
    return t->cap != 0;
}

static size_t decode(uint32_t *read, tamis_str text)
{
    const unsigned char *at = (const unsigned char *)text.at, *const end = at + text.len;
    size_t count = 0;
    while (at < end) {
        uint32_t c = *at, bytes = 1;
        if (c >= 0x80) {
            bytes = chars_decode(at, end, &c);
        }
        read[count++] = bytes ? c : NOT_A_CHARACTER;
        at += bytes ? bytes : 1;
    }
    return count;
}

/* The end of the number that begins at `i`: digits, and digits after one mark. */
static size_t number_end(const uint32_t *read, size_t count, size_t i)
{
    while (i < count && is_digit(read[i])) {
        i++;
    }
    if (i + 1 < count && is_decimal_mark(read[i]) && is_digit(read[i + 1])) {
        i++;
        while (i < count && is_digit(read[i])) {
            i++;
        }
    }
    return i;
}

bool compat_normalise(struct compat_text *t, tamis_str text)
{
    if (!make_room(t, text.len)) {
        return false;
    }
    const size_t count = text.len ? decode(t->read, text) : 0;
    size_t ordered = 0;
    bool gap = false;
    t->count = 0;
    for (size_t i = 0; i < count;) {
        const bool number = is_digit(t->read[i]);
        const uint32_t c = number ? '0' : lower(t->read, count, i);
        i = number ? number_end(t->read, count, i) : i + 1;
        if (is_gap(c)) {
            gap = true;
            continue;
        }
        if (gap && t->count) {
            append(t, ' ', &ordered);
        }
        gap = false;
        if (c < 0x80) {
            t->at[t->count++] = c;
            ordered = t->count;
        } else {
            decompose(t, c, &ordered);
        }
    }
    memset(t->cut, 0, t->count);
    return true;
}
