/* The gate's search, 32 places at a time. */
#include "literal_gate.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

static __m256i row(const uint8_t *table)
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)table));
}

/* The places among 32 that some bucket of the first `groups` groups may stand in; reads GATE_SPAN - 1 bytes more. */
static inline __attribute__((always_inline)) uint32_t test_block(const __m256i *low, const __m256i *high, size_t groups,
                                                                 const char *at)
{
    const __m256i half = _mm256_set1_epi8(15);
    const __m256i all = _mm256_set1_epi8(-1);
    __m256i fits[GATE_GROUPS] = {all, all, all, all};
    for (size_t i = 0; i < GATE_SPAN; i++) {
        const __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)(at + i));
        const __m256i lower = _mm256_and_si256(bytes, half);
        const __m256i upper = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half);
        for (size_t g = 0; g < groups; g++) {
            const __m256i both = _mm256_and_si256(_mm256_shuffle_epi8(low[g * GATE_SPAN + i], lower),
                                                  _mm256_shuffle_epi8(high[g * GATE_SPAN + i], upper));
            fits[g] = _mm256_and_si256(fits[g], both);
        }
    }
    __m256i any = fits[0];
    for (size_t g = 1; g < groups; g++) {
        any = _mm256_or_si256(any, fits[g]);
    }
    return ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(any, _mm256_setzero_si256()));
}

static inline __attribute__((always_inline)) size_t search(const struct gate_tables *tables, size_t groups,
                                                           tamis_str text, size_t *from, uint32_t *places, size_t room)
{
    __m256i low[GATE_GROUPS * GATE_SPAN], high[GATE_GROUPS * GATE_SPAN];
    for (size_t i = 0; i < groups * GATE_SPAN; i++) {
        low[i] = row(tables->low[i / GATE_SPAN][i % GATE_SPAN]);
        high[i] = row(tables->high[i / GATE_SPAN][i % GATE_SPAN]);
    }
    size_t count = 0, at = *from;
    for (; at < text.len && count + 32 <= room; at += 32) {
        const size_t left = text.len - at;
        char end[32 + GATE_SPAN] = {0};
        const char *block = text.at + at;
        if (left < 32 + GATE_SPAN) {
            block = memcpy(end, block, left);
        }
        uint32_t found = test_block(low, high, groups, block);
        found = left < 32 ? _bzhi_u32(found, (unsigned)left) : found;
        for (; found; found &= found - 1) {
            places[count++] = (uint32_t)(at + _tzcnt_u32(found));
        }
    }
    *from = at < text.len ? at : text.len;
    return count;
}

size_t gate_kernel_avx2(const struct gate_tables *tables, tamis_str text, size_t *from, uint32_t *places, size_t room)
{
    switch (tables->groups) {
    case 1:
        return search(tables, 1, text, from, places, room);
    case 2:
        return search(tables, 2, text, from, places, room);
    case 3:
        return search(tables, 3, text, from, places, room);
    default:
        return search(tables, 4, text, from, places, room);
    }
}
#else
typedef int no_avx2; /* a file must hold something */
#endif
