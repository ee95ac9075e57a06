/* Chance that is the same on every machine: the numbers of SplitMix64 from a seed. */
#ifndef TESTS_CHANCE_H
#define TESTS_CHANCE_H

#include "core/hash.h"

static inline uint64_t next_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    return hash_mix(*state);
}

static inline uint64_t random_below(uint64_t *state, uint64_t end)
{
    return (next_random(state) >> 11) % end;
}

#endif
