/*
 * What every match of a PCRE2 pattern holds: a few short sequences of byte classes ("needles"), of which a text without
 * any cannot match. `(?:log|sign) ?in` holds "log" or "sign" and ends in "in"; an e-mail address holds "@" between two
 * of its characters.
 *
 * A pattern is read conservatively: what is not understood to the letter (backreferences, recursion, conditions, verbs
 * and the like) makes the answer "nothing is known". A needle too many costs time, one too few would lose a match.
 */
#ifndef TAMIS_FILTERS_PATTERN_NEEDS_H
#define TAMIS_FILTERS_PATTERN_NEEDS_H

#include "members.h"
#include "need.h"

struct needle {
    struct byte_class at[FACTOR_BYTES];
    size_t len;    /* >= 1 */
    uint32_t lead; /* it begins at most so many bytes behind the match's begin; NEED_ENDLESS: or more */
};

struct needs {
    struct needle *at; /* NULL: nothing is known */
    size_t count;
    double cost; /* see factors_cost() */
};

/* `flags` are those that PCRE2 compiled the pattern with, without an error. When memory runs out nothing is known. */
struct needs pattern_needs(struct member_finder *finder, tamis_str pattern, uint32_t flags);
void pattern_needs_release(struct needs *needs);

#endif
