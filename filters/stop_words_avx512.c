/* Stop words among sixteen tokens at a time. */
#include "stop_words.h"

#if defined(__x86_64__)
#include <immintrin.h>

enum { LANES = 16 };

/* A bit for each stop word among the tokens from `i` on, all of which have four bytes of text from their first on. */
static inline unsigned find(tamis_outline tokens, const char *text, size_t i, __m512i words)
{
    const __m512i begin = _mm512_loadu_si512(tokens.begin + i);
    const __m512i bytes = _mm512_sub_epi32(_mm512_loadu_si512(tokens.end + i), begin);
    const __m512i two = _mm512_set1_epi32(2);
    const __mmask16 fit = _mm512_cmple_epu32_mask(_mm512_sub_epi32(bytes, two), two);
    const __m512i four = _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), fit, begin, text, 1);
    const __m512i behind = _mm512_sub_epi32(_mm512_set1_epi32(32), _mm512_slli_epi32(bytes, 3));
    const __m512i token = _mm512_and_si512(four, _mm512_srlv_epi32(_mm512_set1_epi32(-1), behind));
    const __m512i product = _mm512_mullo_epi32(token, _mm512_set1_epi32((int)STOP_WORDS_FACTOR));
    const __m512i place = _mm512_srli_epi32(product, STOP_WORDS_SHIFT);
    const __mmask16 is = _mm512_mask_cmpeq_epi32_mask(fit, _mm512_permutexvar_epi32(place, words), token);
    if (!is) {
        return 0;
    }
    return (unsigned)_mm512_mask_reduce_or_epi32(is, _mm512_sllv_epi32(_mm512_set1_epi32(1), place));
}

unsigned stop_words_avx512(tamis_outline tokens, tamis_str text, size_t from, double enough)
{
    static const uint32_t words[] = STOP_WORD_TABLE;
    const __m512i table = _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)(const void *)words));
    const size_t end = text.len <= INT32_MAX ? tokens.count : 0; /* gathers take signed offsets .. */
    unsigned found = 0;
    size_t i = from;
    for (; i + LANES <= end && tokens.begin[i + LANES - 1] + 4 <= text.len; i += LANES) { /* .. and four bytes */
        found |= find(tokens, text.at, i, table);
        if (_mm_popcnt_u32(found) >= enough) {
            return found;
        }
    }
    return found | stop_words_plain(tokens, text, i, enough);
}
#else
typedef int no_avx512; /* a file must hold something */
#endif
