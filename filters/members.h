/*
 * Which characters one item of a pattern matches: a class, an escape such as \d, a letter in any case. PCRE2 itself is
 * asked, so that its tables and its reading of classes are the truth.
 */
#ifndef TAMIS_FILTERS_MEMBERS_H
#define TAMIS_FILTERS_MEMBERS_H

#include "tamis.h"

#define MEMBERS_NAMED 8

struct members {
    uint64_t ascii[2];            /* bit c % 64 of word c / 64 */
    uint32_t code[MEMBERS_NAMED]; /* the others, code points */
    size_t count;                 /* of them */
    bool wide;                    /* there are more others than are named */
};

/* What was asked before. Starts zeroed. */
struct member_finder {
    char *every; /* all code points above ASCII as UTF-8, in order */
    size_t every_len, low_len; /* its length, and that of the part below U+20000 */
    struct asked *asked;
    size_t asked_count, asked_cap;
};

void member_finder_release(struct member_finder *finder);
/*
 * `item` is the item as it stands in the pattern, `flags` those of PCRE2 that are on there. False: it does not match
 * one character each time, or memory ran out.
 */
bool members_find(struct member_finder *finder, tamis_str item, uint32_t flags, struct members *members);

#endif
