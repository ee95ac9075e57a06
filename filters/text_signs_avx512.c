/* Signs and line ends, 64 bytes at a time. */
#include "text_signs_step.h"

#if defined(__x86_64__)
#include <immintrin.h>

static inline __m512i load(tamis_str text, size_t i)
{
    const size_t left = text.len - i;
    return left >= SIGNS_BLOCK ? _mm512_loadu_si512(text.at + i)
                               : _mm512_maskz_loadu_epi8(_bzhi_u64(UINT64_MAX, (unsigned)left), text.at + i);
}

static inline uint64_t equal(__m512i bytes, unsigned char to)
{
    return _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8((char)to));
}

void newline_bits_avx512(tamis_str text, uint64_t *bits)
{
    for (size_t i = 0; i <= text.len; i += SIGNS_BLOCK) {
        bits[i / SIGNS_BLOCK] = equal(load(text, i), '\n');
    }
}

struct text_signs count_signs_avx512(tamis_str text)
{
    struct text_signs signs = {0};
    struct sign_ends ends = sign_ends_first();
    for (size_t i = 0; i < text.len; i += SIGNS_BLOCK) {
        const __m512i bytes = load(text, i);
        struct sign_masks m = {.hash = equal(bytes, '#'), .dot = equal(bytes, '.'), .dash = equal(bytes, '-'),
                               .newline = equal(bytes, '\n'),
                               .edge = _mm512_cmple_epi8_mask(bytes, _mm512_set1_epi8(' '))};
        if (_mm512_movepi8_mask(bytes)) {
            m.e2 = equal(bytes, 0xe2);
            m.x80 = equal(bytes, 0x80);
            m.xa2 = equal(bytes, 0xa2);
            m.xa6 = equal(bytes, 0xa6);
        }
        add_signs(&signs, &m, &ends);
    }
    return signs;
}
#else
typedef int no_avx512; /* a file must hold something */
#endif
