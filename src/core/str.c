/*
 * Borrowed bytes, strict numbers, and the nearest name. Counts and sizes are computed in integers, digit by digit, so
 * that 0.1 of a unit is exactly that. Reals go through strtod on checked text; tamis never changes LC_NUMERIC.
 */
#include "core/str.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

tamis_str str_from(const char *text)
{
    return text != NULL ? (tamis_str){text, strlen(text)} : STR("");
}

bool str_equal(tamis_str a, tamis_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool str_is(tamis_str a, const char *text)
{
    return str_equal(a, str_from(text));
}

bool str_ends_with(tamis_str s, const char *tail)
{
    const size_t len = strlen(tail);
    return s.len >= len && (len == 0 || memcmp(s.at + s.len - len, tail, len) == 0);
}

int str_compare(tamis_str a, tamis_str b)
{
    const size_t shorter = a.len < b.len ? a.len : b.len;
    const int order = shorter > 0 ? memcmp(a.at, b.at, shorter) : 0;
    if (order != 0) {
        return order;
    }
    return a.len < b.len ? -1 : a.len > b.len;
}

bool str_next_line(tamis_str *rest, tamis_str *line)
{
    while (rest->len > 0) {
        const char *const end = memchr(rest->at, '\n', rest->len);
        *line = (tamis_str){rest->at, end ? (size_t)(end - rest->at) : rest->len};
        const size_t used = line->len + (end != NULL);
        *rest = (tamis_str){rest->at + used, rest->len - used};
        if (line->len > 0) {
            return true;
        }
    }
    return false;
}

void str_hide_controls(char *text)
{
    unsigned char before = 0;
    for (char *c = text; *c != '\0'; c++) {
        const unsigned char byte = (unsigned char)*c;
        const bool c0 = (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f;
        const bool c1 = before == 0xc2 && byte >= 0x80 && byte <= 0x9f;
        if (c1) {
            c[-1] = '?';
        }
        if (c0 || c1) {
            *c = '?';
        }
        before = byte;
    }
}

/* ---- Numbers ---------------------------------------------------------------------------------------------------- */

/* whole + part / unit, where unit is a power of ten */
struct decimal {
    uint64_t whole, part, unit;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t digits_at(tamis_str s, size_t from)
{
    size_t to = from;
    while (to < s.len && is_digit(s.at[to])) {
        to++;
    }
    return to - from;
}

static bool append_digit(uint64_t *value, char digit)
{
    const uint64_t d = (uint64_t)(digit - '0');
    if (*value > (UINT64_MAX - d) / 10) {
        return false;
    }
    *value = *value * 10 + d;
    return true;
}

/* Digits with an optional fraction; moves *at behind them. */
static bool read_decimal(tamis_str s, size_t *at, struct decimal *d)
{
    *d = (struct decimal){.unit = 1};
    const size_t whole = digits_at(s, *at);
    for (size_t i = 0; i < whole; i++) {
        if (!append_digit(&d->whole, s.at[*at + i])) {
            return false;
        }
    }
    *at += whole;
    if (whole == 0 || *at == s.len || s.at[*at] != '.') {
        return whole > 0;
    }
    const size_t part = digits_at(s, *at + 1);
    size_t kept = part;
    while (kept > 0 && s.at[*at + kept] == '0') {
        kept--;
    }
    if (part == 0 || kept > 18) { /* 18 digits: ten times the part still fits in 64 bits */
        return false;
    }
    for (size_t i = 1; i <= kept; i++) {
        d->part = d->part * 10 + (uint64_t)(s.at[*at + i] - '0');
        d->unit *= 10;
    }
    *at += 1 + part;
    return true;
}

/* d times factor^times; factor at most 10. False when it does not fit. */
static bool scale(struct decimal *d, uint64_t factor, uint64_t times)
{
    for (uint64_t i = 0; i < times && (d->whole != 0 || d->part != 0); i++) {
        const uint64_t carry = d->part * factor / d->unit;
        if (d->whole > (UINT64_MAX - carry) / factor) {
            return false;
        }
        d->whole = d->whole * factor + carry;
        d->part = d->part * factor % d->unit;
    }
    return true;
}

/* An exponent without minus, at the end of the text. */
static bool read_exponent(tamis_str s, size_t at, uint64_t *exponent)
{
    at += at < s.len && s.at[at] == '+';
    const size_t digits = digits_at(s, at);
    if (digits == 0 || at + digits != s.len) {
        return false;
    }
    *exponent = 0;
    for (size_t i = 0; i < digits; i++) {
        if (!append_digit(exponent, s.at[at + i])) {
            return false;
        }
    }
    return true;
}

/* 1 for K, 2 for M, 3 for G, 4 for T; 0 for anything else */
static uint64_t unit_power(tamis_str s, size_t at)
{
    const char *const units = "KMGT";
    const char *unit = at < s.len && s.at[at] != '\0' ? strchr(units, s.at[at]) : NULL;
    return unit != NULL ? (uint64_t)(unit - units) + 1 : 0;
}

static bool at_exponent(tamis_str s, size_t at)
{
    return at < s.len && (s.at[at] == 'e' || s.at[at] == 'E');
}

bool str_count(tamis_str s, uint64_t *value)
{
    struct decimal d;
    size_t at = 0;
    if (!read_decimal(s, &at, &d)) {
        return false;
    }
    uint64_t tens = 0;
    if (at_exponent(s, at)) {
        if (!read_exponent(s, at + 1, &tens)) {
            return false;
        }
    } else {
        const uint64_t power = unit_power(s, at);
        if (at + (power > 0) != s.len) {
            return false;
        }
        tens = 3 * power;
    }
    if (!scale(&d, 10, tens) || d.part != 0) {
        return false;
    }
    *value = d.whole;
    return true;
}

bool str_size(tamis_str s, uint64_t *value)
{
    struct decimal d;
    size_t at = 0;
    if (!read_decimal(s, &at, &d)) {
        return false;
    }
    if (at_exponent(s, at)) {
        return str_count(s, value);
    }
    const uint64_t power = unit_power(s, at);
    at += power > 0;
    if (power > 0 && at + 2 == s.len && s.at[at] == 'i') {
        at++;
    }
    at += at < s.len && s.at[at] == 'B';
    if (at != s.len || !scale(&d, 2, 10 * power) || (power == 0 && d.part != 0)) {
        return false;
    }
    *value = d.whole; /* a fraction of a byte is let go: 0.3G is a size people write */
    return true;
}

static bool is_real(tamis_str s)
{
    size_t at = s.len > 0 && (s.at[0] == '-' || s.at[0] == '+');
    const size_t whole = digits_at(s, at);
    at += whole;
    size_t part = 0;
    if (at < s.len && s.at[at] == '.') {
        part = digits_at(s, at + 1);
        at += 1 + part;
    }
    if (whole + part == 0) {
        return false;
    }
    if (at_exponent(s, at)) {
        at++;
        at += at < s.len && (s.at[at] == '-' || s.at[at] == '+');
        const size_t digits = digits_at(s, at);
        at += digits;
        if (digits == 0) {
            return false;
        }
    }
    return at == s.len;
}

bool str_real(tamis_str s, double *value)
{
    char text[1200]; /* no double needs more digits to be written exactly */
    if (s.len >= sizeof(text) || !is_real(s)) {
        return false;
    }
    memcpy(text, s.at, s.len);
    text[s.len] = '\0';
    const double read = strtod(text, NULL);
    if (!isfinite(read)) {
        return false;
    }
    *value = read;
    return true;
}

/* ---- Did you mean ----------------------------------------------------------------------------------------------- */

#define LONGEST_NAME 64

static char folded(char c)
{
    if (c == '-') {
        return '_';
    }
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
static unsigned distance(tamis_str a, tamis_str b)
{
    unsigned rows[3][LONGEST_NAME + 1];
    unsigned *above = rows[0], *here = rows[1], *spare = rows[2];
    for (size_t j = 0; j <= b.len; j++) {
        here[j] = (unsigned)j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        unsigned *const two_above = above;
        above = here;
        here = spare;
        spare = two_above;
        here[0] = (unsigned)i;
        for (size_t j = 1; j <= b.len; j++) {
            const char x = folded(a.at[i - 1]), y = folded(b.at[j - 1]);
            here[j] = smaller(above[j - 1] + (x != y), smaller(above[j], here[j - 1]) + 1);
            if (i > 1 && j > 1 && x == folded(b.at[j - 2]) && folded(a.at[i - 2]) == y) {
                here[j] = smaller(here[j], two_above[j - 2] + 1);
            }
        }
    }
    return here[b.len];
}

const char *tamis_nearest(tamis_str word, const char *const *names)
{
    if (word.len == 0 || word.len > LONGEST_NAME) {
        return NULL;
    }
    const char *nearest = NULL;
    unsigned best = (unsigned)(word.len / 3 < 1 ? 1 : word.len / 3) + 1; /* one letter in three, at least one */
    for (; *names != NULL; names++) {
        const tamis_str name = str_from(*names);
        if (name.len == 0 || name.len > LONGEST_NAME) {
            continue;
        }
        const bool begins = word.len >= 3 && name.len > word.len && memcmp(name.at, word.at, word.len) == 0;
        const unsigned apart = begins ? 1 : distance(word, name);
        if (apart < best && apart < name.len) {
            best = apart;
            nearest = *names;
        }
    }
    return nearest;
}
