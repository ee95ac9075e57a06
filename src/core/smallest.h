/*
 * The smallest of many 64-bit keys, seen one by one in any order: which key is the last to be among them, so that a
 * second look at the keys can tell who is in. Memory: 8 bytes for each key wanted.
 */
#ifndef TAMIS_CORE_SMALLEST_H
#define TAMIS_CORE_SMALLEST_H

#include "tamis.h"

struct smallest {
    uint64_t *at; /* a heap, the largest first */
    size_t count, most;
};

/* What keys are let in; every key while there were no more than wanted. */
struct smallest_limit {
    uint64_t last; /* the largest key that is in .. */
    uint64_t ties; /* .. and how many of that key are, the first to come */
};

bool smallest_init(struct smallest *s, size_t most) TAMIS_MUST_CHECK; /* `most` at least 1; false: out of memory */
void smallest_add(struct smallest *s, uint64_t key);
struct smallest_limit smallest_find(const struct smallest *s);
void smallest_release(struct smallest *s);

/* Whether the next key is in; counts the ties, so keys are asked for in the order that decides them. */
bool smallest_takes(struct smallest_limit *limit, uint64_t key);

#endif
