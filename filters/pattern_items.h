/*
 * Reading a pattern: where the reader is, and the items that match one character or none. The rest of a pattern's
 * syntax is in pattern_needs.c.
 */
#ifndef TAMIS_FILTERS_PATTERN_ITEMS_H
#define TAMIS_FILTERS_PATTERN_ITEMS_H

#include "members.h"
#include "need.h"

#define CHARACTER 4 /* bytes at most */

struct reading {
    struct member_finder *finder;
    struct factor_space space;
    tamis_str pattern;
    size_t at;
    uint32_t flags; /* of PCRE2, on here */
    unsigned depth;
    bool kelvin, long_s; /* a `k` or `s` may be one of these characters too */
    bool lost;           /* something is not understood */
};

/* Whether there is more of the pattern that is understood so far. */
static inline bool more(const struct reading *r)
{
    return !r->lost && r->at < r->pattern.len;
}

/* The byte `ahead` of where we are, 0 behind the end. */
static inline unsigned char peek(const struct reading *r, size_t ahead)
{
    return r->at + ahead < r->pattern.len ? (unsigned char)r->pattern.at[r->at + ahead] : 0;
}

static inline bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static inline bool is_letter(unsigned char c)
{
    return (c | 0x20u) >= 'a' && (c | 0x20u) <= 'z';
}

static inline bool is_space(unsigned char c)
{
    return c == ' ' || (c >= 9 && c <= 13);
}

/* Says that something is not understood. */
struct need lose(struct reading *r);
/* The UTF-8 of a code point. */
struct factor sequence_of(uint32_t code);
/* Each reads what begins here and moves on. */
struct need read_character(struct reading *r);
struct need read_class(struct reading *r);
struct need read_escape(struct reading *r);

#endif
