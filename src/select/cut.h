/*
 * Cuts: which documents a policy keeps, exactly, over more documents than fit in memory.
 *
 * Documents of a group stand in an order: by score (the highest first under `top`, the lowest first under `bottom` and
 * `middle`), of equal scores by id bytes, of equal ids by number. A policy keeps a run of that order, and a cut is the
 * document at an end of the run. Rows of 16 bytes are sorted on disk by score; where documents of equal score lie on
 * both sides of a cut, those alone are read again and sorted by 8 bytes of their ids, then by the next 8, until those
 * that may be at the cut fit in memory. So the cost of ties is passes over the input and never memory.
 */
#ifndef TAMIS_SELECT_CUT_H
#define TAMIS_SELECT_CUT_H

#include "core/arena.h"
#include "recipe/recipe.h"

#define CUT_NUMBERS ((uint64_t)1 << 60) /* numbers are below */

struct candidate {
    double score;    /* NaN: has none, takes no part; -0 equals 0; infinities are scores */
    uint32_t weight; /* tokens; 1 each where documents are counted */
    uint32_t group;
    uint64_t number; /* unique */
    tamis_str id;
};

/* Hands over all candidates, the same in every call, in the order of their numbers. */
struct candidates {
    /* Without `ids` the ids may be left empty. A failure of `take` is to be returned at once. */
    tamis_status (*each)(void *context, bool ids,
                         tamis_status (*take)(void *taker, const struct candidate *c, tamis_err *err), void *taker,
                         tamis_err *err);
    void *context;
};

enum cut_at {
    CUT_OPEN,    /* nothing lies outside on this side */
    CUT_SCORE,   /* all documents of `score` are inside, and what lies outside has another */
    CUT_DOCUMENT /* of the documents of `score` the outermost inside is (id, number) */
};
struct cut {
    enum cut_at at;
    double score;
    uint64_t number;
    tamis_str id; /* in the arena of the cuts */
};

/* What a group keeps: documents from `low` to `high` in its order, both inclusive. `low` is open but for `middle`. */
struct kept_range {
    int policy;            /* POLICY_TOP, POLICY_BOTTOM or POLICY_MIDDLE */
    bool nothing;          /* is kept */
    struct cut low, high;
    uint64_t scored, kept; /* weight with a score, and what of it stays */
    bool cut_by_ties;      /* documents of equal score lie on both sides of a cut */
};

struct cuts {
    struct arena arena;
    struct kept_range *groups;
};

struct cut_options {
    const char *tmp;     /* exists */
    uint64_t memory;     /* bytes */
    size_t groups;
    const int *policies; /* per group: POLICY_TOP, POLICY_BOTTOM or POLICY_MIDDLE */
    /* Weight that is to stay, at least. Asked once per group, when the weight of its scored documents is known. */
    uint64_t (*limit)(void *context, size_t group, uint64_t scored);
    void *context;
};

/*
 * A limit of the scored weight or more keeps every document, a limit of 0 none. Else `top` and `bottom` keep the first
 * documents of their order up to the one that reaches the limit, that one included. `middle` leaves out as many of the
 * first ones as fit into half (rounded down) of what is to go, and then keeps up to the one that reaches the limit.
 * Release even after a failure.
 */
tamis_status cuts_find(struct cuts *cuts, const struct candidates *candidates, const struct cut_options *options,
                       tamis_err *err) TAMIS_MUST_CHECK;
void cuts_release(struct cuts *cuts);

/* Whether a document with a score stays. */
bool cut_keeps(const struct kept_range *range, const struct candidate *c);
/*
 * The score that a document of score `score` outside the range fell short of: that of the last document kept under
 * `top` and `bottom`, under `middle` that of the outermost one kept on the document's side. NaN: nothing is kept, or
 * nothing was cut.
 */
double cut_threshold(const struct kept_range *range, double score);

#endif
