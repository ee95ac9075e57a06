/*
 * The hashes that decide things. All are XXH3 or plain integer mixing, or XXH64 where others have it:
 * the same on every machine.
 */
#ifndef TAMIS_CORE_HASH_H
#define TAMIS_CORE_HASH_H

#include "tamis.h"

typedef struct hash128 {
    uint64_t high, low;
} hash128;

uint64_t hash_bytes(const void *bytes, size_t len, uint64_t seed); /* XXH3-64 */
uint64_t hash_xxh64(const void *bytes, size_t len);                /* XXH64 of seed 0 */
hash128 hash128_bytes(const void *bytes, size_t len);              /* XXH3-128 */

/* A bijection of 64 bits with full avalanche (the finaliser of SplitMix64, Steele et al. 2014). */
static inline uint64_t hash_mix(uint64_t x)
{
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9u;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* Folds `x` into a running hash; order matters. */
static inline uint64_t hash_join(uint64_t h, uint64_t x)
{
    return hash_mix(h * 0x9e3779b97f4a7c15u + x);
}

static inline int hash128_compare(hash128 a, hash128 b)
{
    if (a.high != b.high) {
        return a.high < b.high ? -1 : 1;
    }
    return a.low < b.low ? -1 : a.low > b.low;
}

#endif
