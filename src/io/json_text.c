/*
 * JSON seen as text: where strings end, how deep brackets go, which numbers are long. Builds no values and validates
 * nothing; that is the parser's work.
 */
#include "io/json_text.h"

#include <string.h>

/* Behind the string whose opening quote is at `at`; `end` when it is not closed. */
static const char *skip_string(const char *at, const char *end)
{
    for (at++; at < end; at++) {
        if (*at == '"') {
            return at + 1;
        }
        if (*at == '\\' && end - at > 1) {
            at++;
        }
    }
    return end;
}

static const char *skip_space(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')) {
        at++;
    }
    return at;
}

size_t json_text_nesting(tamis_str json)
{
    const char *end = json.at + json.len;
    size_t depth = 0, deepest = 0;
    for (const char *at = json.at; at < end;) {
        if (*at == '"') {
            at = skip_string(at, end);
            continue;
        }
        if (*at == '{' || *at == '[') {
            depth++;
            deepest = depth > deepest ? depth : deepest;
        } else if ((*at == '}' || *at == ']') && depth > 0) {
            depth--;
        }
        at++;
    }
    return deepest;
}

/* ---- Surrogates ------------------------------------------------------------------------------------------------- */

/* The value of the \uXXXX escape at `at`, or -1. */
static int32_t escape_value(const char *at, const char *end)
{
    if (end - at < 6 || at[0] != '\\' || at[1] != 'u') {
        return -1;
    }
    int32_t value = 0;
    for (int i = 2; i < 6; i++) {
        const char c = at[i];
        const int32_t digit = c >= '0' && c <= '9'   ? c - '0'
                              : c >= 'a' && c <= 'f' ? c - 'a' + 10
                              : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                     : -1;
        if (digit < 0) {
            return -1;
        }
        value = value * 16 + digit;
    }
    return value;
}

bool json_text_lone_surrogate(tamis_str json)
{
    const char *end = json.at + json.len;
    const char *at = json.at;
    while (at < end && (at = memchr(at, '\\', (size_t)(end - at))) != NULL) {
        const int32_t value = escape_value(at, end);
        if (value >= 0xd800 && value < 0xdc00) {
            const int32_t partner = escape_value(at + 6, end);
            if (partner < 0xdc00 || partner > 0xdfff) {
                return true;
            }
            at += 12;
        } else if (value >= 0xdc00 && value <= 0xdfff) {
            return true;
        } else {
            at += value >= 0 ? 6 : end - at > 1 ? 2 : 1;
        }
    }
    return false;
}

/* ---- Numbers ---------------------------------------------------------------------------------------------------- */

#define DOUBLE_DIGITS 20
/* the first digits of 2^1024 - 2^970, from where on numbers are nearer to infinity than to the largest double */
#define DOUBLE_TOO_LARGE "17976931348623158079"
#define DOUBLE_EXPONENT 308
#define INTEGER_DIGITS 19 /* shorter ones fit in 64 bits */

struct number {
    bool integer;                /* no fraction, no exponent */
    size_t integer_digits;
    char digits[DOUBLE_DIGITS];  /* the first ones that count, then zeros */
    size_t significant;          /* how many of `digits` are set */
    int64_t exponent;            /* of digits[0], as a power of ten */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Takes a run of digits; `place` is the power of ten of the first one. False: there is none. */
static bool take_digits(const char **at, const char *end, int64_t place, struct number *n)
{
    const char *first = *at;
    while (*at < end && is_digit(**at)) {
        if (n->significant == 0 && **at != '0') {
            n->exponent = place - (*at - first);
        }
        if (n->significant < DOUBLE_DIGITS && (n->significant > 0 || **at != '0')) {
            n->digits[n->significant++] = **at;
        }
        (*at)++;
    }
    return *at > first;
}

static bool take_exponent(const char **at, const char *end, int64_t *exponent)
{
    const int64_t enough = (int64_t)1 << 40; /* beyond the length of any line */
    const bool negative = *at < end && **at == '-';
    if (*at < end && (**at == '-' || **at == '+')) {
        (*at)++;
    }
    const char *first = *at;
    int64_t value = 0;
    for (; *at < end && is_digit(**at); (*at)++) {
        value = value < enough ? value * 10 + (**at - '0') : value;
    }
    *exponent += negative ? -value : value;
    return *at > first;
}

/* False: not a JSON number from `at` to `end`. */
static bool parse_number(const char *at, const char *end, struct number *n)
{
    *n = (struct number){.integer = true};
    memset(n->digits, '0', sizeof(n->digits));
    at += at < end && *at == '-';
    const char *first = at;
    while (at < end && is_digit(*at)) {
        at++;
    }
    n->integer_digits = (size_t)(at - first);
    if (n->integer_digits == 0 || (*first == '0' && n->integer_digits > 1)) {
        return false;
    }
    at = first;
    if (!take_digits(&at, end, (int64_t)n->integer_digits - 1, n)) {
        return false;
    }
    if (at < end && *at == '.') {
        at++;
        n->integer = false;
        if (!take_digits(&at, end, -1, n)) {
            return false;
        }
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        n->integer = false;
        if (!take_exponent(&at, end, &n->exponent)) {
            return false;
        }
    }
    return at == end;
}

static bool beyond_double(const struct number *n)
{
    if (n->significant == 0 || n->exponent != DOUBLE_EXPONENT) {
        return n->significant > 0 && n->exponent > DOUBLE_EXPONENT;
    }
    return memcmp(n->digits, DOUBLE_TOO_LARGE, DOUBLE_DIGITS) >= 0;
}

static bool add_tamed(struct buf *out, const char *at, const char *end)
{
    struct number n;
    const size_t len = (size_t)(end - at);
    if (!parse_number(at, end, &n)) {
        return buf_add(out, at, len);
    }
    if (beyond_double(&n)) {
        const char *limit = *at == '-' ? "-1e308" : "1e308";
        return buf_add(out, limit, strlen(limit));
    }
    return buf_add(out, at, len) && (!n.integer || n.integer_digits < INTEGER_DIGITS || buf_add(out, "e0", 2));
}

static bool in_number(char c)
{
    return is_digit(c) || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

bool json_text_tame_numbers(tamis_str json, struct buf *out)
{
    const char *at = json.at, *end = json.at + json.len;
    const char *copied = at;
    while (at < end) {
        if (*at == '"') {
            at = skip_string(at, end);
        } else if (*at == '-' || is_digit(*at)) {
            const char *first = at;
            while (at < end && in_number(*at)) {
                at++;
            }
            if (!buf_add(out, copied, (size_t)(first - copied)) || !add_tamed(out, first, at)) {
                return false;
            }
            copied = at;
        } else {
            at++;
        }
    }
    return buf_add(out, copied, (size_t)(end - copied));
}

static bool starts_with(const char *at, const char *end, const char *word)
{
    const size_t len = strlen(word);
    return (size_t)(end - at) >= len && memcmp(at, word, len) == 0;
}

bool json_text_tame_names(tamis_str json, struct buf *out, bool *any)
{
    const char *at = json.at, *end = json.at + json.len;
    const char *copied = at;
    *any = false;
    while (at < end) {
        if (*at == '"') {
            at = skip_string(at, end);
            continue;
        }
        const size_t name = starts_with(at, end, "NaN") ? 3 : starts_with(at, end, "Infinity") ? 8 : 0;
        if (name == 0) {
            at++;
            continue;
        }
        if (!buf_add(out, copied, (size_t)(at - copied)) || !buf_add(out, "1e308", 5)) {
            return false;
        }
        at += name;
        copied = at;
        *any = true;
    }
    return buf_add(out, copied, (size_t)(end - copied));
}

/* ---- Places ----------------------------------------------------------------------------------------------------- */

static const char *skip_value(const char *at, const char *end)
{
    size_t depth = 0;
    while (at < end) {
        if (*at == '"') {
            at = skip_string(at, end);
        } else if (*at == '{' || *at == '[') {
            depth++;
            at++;
        } else if (*at == '}' || *at == ']') {
            if (depth == 0) {
                return at;
            }
            depth--;
            at++;
        } else if (depth == 0 && *at == ',') {
            return at;
        } else {
            at++;
            continue;
        }
        if (depth == 0) {
            return at;
        }
    }
    return end;
}

/* The value of member number `step` of the object at `at`; `end` when it is none. */
static const char *member(const char *at, const char *end, uint32_t step)
{
    at = skip_space(at, end);
    if (at == end || *at != '{') {
        return end;
    }
    for (at++; at < end; at++) {
        at = skip_space(at, end);
        if (at == end || *at != '"') {
            return end;
        }
        at = skip_space(skip_string(at, end), end);
        if (at == end || *at != ':') {
            return end;
        }
        at = skip_space(at + 1, end);
        if (step == 0) {
            return at;
        }
        step--;
        at = skip_space(skip_value(at, end), end);
        if (at == end || *at != ',') {
            return end;
        }
    }
    return end;
}

tamis_str json_text_value(tamis_str json, const uint32_t *steps, size_t depth)
{
    const char *at = json.at, *end = json.at + json.len;
    for (size_t i = 0; i < depth; i++) {
        at = member(at, end, steps[i]);
    }
    const char *behind = skip_value(at, end);
    while (behind > at && (behind[-1] == ' ' || behind[-1] == '\t' || behind[-1] == '\r' || behind[-1] == '\n')) {
        behind--;
    }
    return (tamis_str){at, (size_t)(behind - at)};
}
