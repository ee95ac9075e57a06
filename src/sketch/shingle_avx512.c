/* Shingles with AVX-512: eight at once. */
#include "sketch/sketch_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

/* (x ^ x >> 32) * COMBINE_MIX, the shift done as a shuffle, which another port takes. */
static inline __m512i mix(__m512i x)
{
    const __m512i high = _mm512_maskz_shuffle_epi32(0x5555, x, _MM_PERM_DDBB);
    return _mm512_mullo_epi64(_mm512_xor_si512(x, high), _mm512_set1_epi64((long long)COMBINE_MIX));
}

/* The shingles of which `there` has a bit. */
static inline __attribute__((always_inline)) void combine_eight(const uint64_t *words, unsigned size, __mmask8 there,
                                                                uint64_t *shingles)
{
    const __m512i start = _mm512_set1_epi64((long long)(size * COMBINE_COUNT));
    __m512i sum = _mm512_xor_si512(start, _mm512_maskz_loadu_epi64(there, words + size - 1));
    for (unsigned k = 0; k + 1 < size; k++) {
        const __m512i turns = _mm512_set1_epi64(COMBINE_TURN * (size - 1 - k));
        sum = _mm512_xor_si512(sum, _mm512_rolv_epi64(_mm512_maskz_loadu_epi64(there, words + k), turns));
    }
    _mm512_mask_storeu_epi64(shingles, there, mix(sum));
}

/* Inlined where `size` is a constant. */
static inline __attribute__((always_inline)) void combine_eights(const uint64_t *words, size_t count, unsigned size,
                                                                 uint64_t *shingles)
{
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        combine_eight(words + i, size, 0xff, shingles + i);
    }
    if (i < count) {
        combine_eight(words + i, size, (__mmask8)_bzhi_u32(0xff, (unsigned)(count - i)), shingles + i);
    }
}

void combine_avx512(const uint64_t *words, size_t count, unsigned size, uint64_t *shingles)
{
    if (size > COMBINE_DIRECT) {
        combine_long(words, count, size, shingles);
    } else if (size == 5) {
        combine_eights(words, count, 5, shingles);
    } else {
        combine_eights(words, count, size, shingles);
    }
}

#endif
