/*
 * Rivals of a score: simple numbers that would select the same tokens. A selection by a simple number keeps its
 * highest, lowest or middle values until it has as many tokens as the score kept, the document that reaches them too;
 * the middle leaves out as many of the lowest as fit into half of what goes.
 */
#ifndef TAMIS_SCORE_RIVAL_H
#define TAMIS_SCORE_RIVAL_H

#include "run/guard_facts.h"

enum rival_fate { RIVAL_KEPT, RIVAL_PRUNED, RIVAL_OUTSIDE /* no choice of the score's: over a source's cap */ };

struct rival_entry {
    double value;         /* the simple number; NaN: never kept by it */
    size_t place;         /* orders documents of equal value */
    uint32_t tokens;
    enum rival_fate fate; /* under the score */
};

/* Holds the documents against simple score `score` and keeps the better rival: the first enough, else the nearest.
 * Sorts the entries. Where nothing was pruned, or everything, there is no rival. */
void rival_hold(struct guard_rival *rival, struct rival_entry *entries, size_t count, enum simple_score score);

/* Whether a rival selects enough of the same tokens. */
bool rival_enough(const struct guard_rival *rival);

#endif
