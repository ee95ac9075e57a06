/*
 * What the matches of a part of a pattern are or hold, and how that of a whole follows from its parts.
 */
#ifndef TAMIS_FILTERS_NEED_H
#define TAMIS_FILTERS_NEED_H

#include "factors.h"

#define NEED_ENDLESS UINT32_MAX

struct need {
    bool exact;          /* `whole` holds all that the part may match */
    struct factors whole;
    struct factors best; /* every match holds one of these, at most its lead behind the match's begin .. */
    double cost;         /* .. unless this is infinite; see factors_cost() */
    uint32_t longest;    /* bytes of the longest match */
};

struct need need_of_nothing(struct factor_space *space); /* an assertion: it matches the empty string */
struct need need_of_unknown(uint32_t longest);
struct need need_of_one(struct factors set); /* one of `set` */
/* a|b, in `a`. */
void need_unite(struct factor_space *space, struct need *a, const struct need *b);

/* Parts in a row. */
struct row {
    struct need sum;
    struct factors tail; /* every match so far ends in one of these */
};

struct row row_begin(struct factor_space *space);
/* Appends a part min to max times (UINT32_MAX: without end). */
void row_add(struct factor_space *space, struct row *row, const struct need *need, unsigned min, unsigned max);
struct need row_end(struct factor_space *space, struct row *row);

#endif
