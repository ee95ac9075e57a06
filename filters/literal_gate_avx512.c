/* The gate's search, 64 places at a time. */
#include "literal_gate.h"

#if defined(__x86_64__)
#include <immintrin.h>

static __m512i row(const uint8_t *table)
{
    return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)table));
}

static __m512i load_ends(const char *at, size_t there)
{
    return _mm512_maskz_loadu_epi8(_bzhi_u64(UINT64_MAX, there < 64 ? (unsigned)there : 64), at);
}

/* The places among 64 that some bucket of the first `groups` groups may stand in; `left`: bytes from `at` on. */
static inline __attribute__((always_inline)) uint64_t test_block(const __m512i *low, const __m512i *high, size_t groups,
                                                                 const char *at, size_t left, bool inside)
{
    const __m512i half = _mm512_set1_epi8(15);
    const __m512i all = _mm512_set1_epi8(-1);
    __m512i fits[GATE_GROUPS] = {all, all, all, all};
    for (size_t i = 0; i < GATE_SPAN; i++) {
        const __m512i bytes = inside ? _mm512_loadu_si512(at + i) : load_ends(at + i, left > i ? left - i : 0);
        const __m512i lower = _mm512_and_si512(bytes, half);
        const __m512i upper = _mm512_and_si512(_mm512_srli_epi16(bytes, 4), half);
        for (size_t g = 0; g < groups; g++) {
            const __m512i both = _mm512_and_si512(_mm512_shuffle_epi8(low[g * GATE_SPAN + i], lower),
                                                  _mm512_shuffle_epi8(high[g * GATE_SPAN + i], upper));
            fits[g] = _mm512_and_si512(fits[g], both);
        }
    }
    __m512i any = fits[0];
    for (size_t g = 1; g < groups; g++) {
        any = _mm512_or_si512(any, fits[g]);
    }
    const uint64_t places = _mm512_test_epi8_mask(any, any);
    return inside || left >= 64 ? places : _bzhi_u64(places, (unsigned)left);
}

static inline size_t add_places(uint32_t *places, size_t count, size_t at, uint64_t found)
{
    for (; found; found &= found - 1) {
        places[count++] = (uint32_t)(at + (size_t)_tzcnt_u64(found));
    }
    return count;
}

static inline __attribute__((always_inline)) size_t search(const struct gate_tables *tables, size_t groups,
                                                           tamis_str text, size_t *from, uint32_t *places, size_t room)
{
    __m512i low[GATE_GROUPS * GATE_SPAN], high[GATE_GROUPS * GATE_SPAN];
    for (size_t i = 0; i < groups * GATE_SPAN; i++) {
        low[i] = row(tables->low[i / GATE_SPAN][i % GATE_SPAN]);
        high[i] = row(tables->high[i / GATE_SPAN][i % GATE_SPAN]);
    }
    size_t count = 0, at = *from;
    for (; text.len >= 64 + GATE_SPAN && at <= text.len - 64 - GATE_SPAN && count + 64 <= room; at += 64) {
        count = add_places(places, count, at, test_block(low, high, groups, text.at + at, 0, true));
    }
    for (; at < text.len && count + 64 <= room; at += 64) {
        count = add_places(places, count, at, test_block(low, high, groups, text.at + at, text.len - at, false));
    }
    *from = at < text.len ? at : text.len;
    return count;
}

size_t gate_kernel_avx512(const struct gate_tables *tables, tamis_str text, size_t *from, uint32_t *places, size_t room)
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
typedef int no_avx512; /* a file must hold something */
#endif
