/*
 * Sets of document numbers as bits; a roster can also tell the how-manieth a member is.
 */
#ifndef TAMIS_DEDUP_ROSTER_H
#define TAMIS_DEDUP_ROSTER_H

#include "tamis.h"

static inline void bits_set(uint64_t *bits, uint64_t i)
{
    bits[i / 64] |= (uint64_t)1 << (i % 64);
}

static inline bool bits_has(const uint64_t *bits, uint64_t i)
{
    return bits[i / 64] >> (i % 64) & 1;
}

/* Room for the numbers below `count`, all unset; NULL when memory runs out. */
uint64_t *bits_new(uint64_t count) TAMIS_MUST_CHECK;

/* Eight words: members in all earlier groups, and in the words of the group before each but the first, 9 bits each. */
struct roster_group {
    uint64_t before, within;
};

struct roster {
    uint64_t *bits;
    struct roster_group *groups; /* NULL before roster_close() */
    uint64_t documents; /* numbers lie below */
    uint64_t count;     /* members, after roster_close() */
};

bool roster_init(struct roster *r, uint64_t documents) TAMIS_MUST_CHECK; /* false when memory runs out */
void roster_release(struct roster *r);
bool roster_close(struct roster *r) TAMIS_MUST_CHECK; /* no more members; false when memory runs out */
/* Members below `number`: the index of a member. */
uint64_t roster_index(const struct roster *r, uint64_t number);

#endif
