/*
 * Cuts: which documents a policy keeps, exactly, over more documents than fit in memory.
 *
 * Documents of a group are ordered by (score, id bytes, number), and a cut is a place in that order. Rows are sorted on
 * disk by score; where documents of equal score straddle a cut, those alone are sorted by 8 bytes of their ids, then by
 * the next 8, and so on, so that the cost of ties is passes over the input and never memory.
 */
#ifndef TAMIS_SELECT_CUT_H
#define TAMIS_SELECT_CUT_H

#include "core/buf.h"
#include "run/recipe.h"

struct candidate {
    double score;    /* NaN: has none, takes no part */
    uint64_t weight; /* tokens; 1 each where documents are counted */
    uint64_t number;
    tamis_str id;
    uint32_t group;
};

/* Hands over all candidates, the same in every call, in the order of their numbers. */
struct candidates {
    tamis_status (*each)(void *context, tamis_status (*take)(void *taker, const struct candidate *c, tamis_err *err),
                         void *taker, tamis_err *err);
    void *context;
};

/* A place in the order of a group: before every document, at one of them, or behind all. */
enum cut_at { CUT_BEFORE_ALL, CUT_AT, CUT_BEHIND_ALL };
struct cut {
    enum cut_at at;
    double score;
    uint64_t number;
    tamis_str id;      /* in the arena of the cuts */
};

/* What a group keeps: the documents above `low` and not above `high`. */
struct kept_range {
    struct cut low, high;
    uint64_t scored, kept;     /* weight with a score, and what of it stays */
    double threshold;          /* score at the cut; of `middle` the lower one; NaN where nothing was cut */
    bool cut_by_ties;          /* documents of equal score stand on both sides */
};

struct cuts {
    struct arena arena;
    struct kept_range *groups;
    size_t count;
};

struct cut_options {
    const char *tmp;    /* exists */
    uint64_t memory;    /* bytes */
    size_t groups;
    const int *policies; /* per group: POLICY_TOP, POLICY_BOTTOM or POLICY_MIDDLE */
    /* Weight that is to stay, at least: the document that reaches it is kept too. Asked once per group, when the
     * weight of its scored documents is known. */
    uint64_t (*limit)(void *context, size_t group, uint64_t scored);
    void *context;
};

/*
 * `top` keeps the highest scores, `bottom` the lowest; `middle` leaves out as many of the lowest as fit into half of
 * what is to go, and then keeps upwards until the limit is reached. Of equal scores the smaller (id, number) is kept
 * first under every policy. Release even after a failure.
 */
tamis_status cuts_find(struct cuts *cuts, const struct candidates *candidates, const struct cut_options *options,
                       tamis_err *err) TAMIS_MUST_CHECK;
bool cut_keeps(const struct kept_range *range, const struct candidate *c);
void cuts_release(struct cuts *cuts);

#endif
