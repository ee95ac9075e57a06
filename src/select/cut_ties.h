/*
 * Private to cut.c: where in a crowd of documents of equal score, ordered by (id, number), a weight is reached.
 */
#ifndef TAMIS_SELECT_CUT_TIES_H
#define TAMIS_SELECT_CUT_TIES_H

#include "select/cut.h"

/* A score as a number that orders as the policy does: smaller comes first. */
uint64_t cut_key(double score, int policy);

struct tie {
    bool open;          /* is to be resolved */
    uint64_t key;       /* of the score they share */
    uint64_t want;      /* sought is the first document at which the weight up to it, itself included, reaches this */
    uint64_t documents; /* of that score */
    /* Once it is resolved: the document sought, and what comes before it. */
    tamis_str id;       /* in the arena given */
    uint64_t number, before, earlier; /* `before`: weight; `earlier`: documents */
    uint32_t weight;    /* its own */
};

/* Resolves and closes every open tie; `ties` has one per group. Of the options tmp, memory, groups, policies count. */
tamis_status ties_resolve(struct tie *ties, const struct candidates *candidates, const struct cut_options *options,
                          struct arena *arena, tamis_err *err) TAMIS_MUST_CHECK;

#endif
