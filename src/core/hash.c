/* XXH3 (Yann Collet's xxHash, compiled in: short keys profit from it) behind names of ours. */
#include "core/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t hash_bytes(const void *bytes, size_t len, uint64_t seed)
{
    return XXH3_64bits_withSeed(bytes, len, seed);
}

uint64_t hash_xxh64(const void *bytes, size_t len)
{
    return XXH64(bytes ? bytes : "", bytes ? len : 0, 0);
}

hash128 hash128_bytes(const void *bytes, size_t len)
{
    const XXH128_hash_t h = XXH3_128bits(bytes, len);
    return (hash128){.high = h.high64, .low = h.low64};
}
