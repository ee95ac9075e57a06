/* Signs and line ends, 64 bytes at a time in two halves. */
#include "text_signs_step.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

struct halves {
    __m256i a, b;
};

static inline struct halves load(tamis_str text, size_t i)
{
    const size_t left = text.len - i;
    const char *at = text.at + i;
    char end[SIGNS_BLOCK] = {0};
    if (left < SIGNS_BLOCK) {
        at = memcpy(end, at, left);
    }
    return (struct halves){_mm256_loadu_si256((const __m256i *)(const void *)at),
                           _mm256_loadu_si256((const __m256i *)(const void *)(at + 32))};
}

static inline uint64_t both(__m256i a, __m256i b)
{
    return (uint32_t)_mm256_movemask_epi8(a) | (uint64_t)(uint32_t)_mm256_movemask_epi8(b) << 32;
}

static inline uint64_t equal(struct halves bytes, unsigned char to)
{
    const __m256i all = _mm256_set1_epi8((char)to);
    return both(_mm256_cmpeq_epi8(bytes.a, all), _mm256_cmpeq_epi8(bytes.b, all));
}

void newline_bits_avx2(tamis_str text, uint64_t *bits)
{
    for (size_t i = 0; i <= text.len; i += SIGNS_BLOCK) {
        bits[i / SIGNS_BLOCK] = equal(load(text, i), '\n');
    }
}

struct text_signs count_signs_avx2(tamis_str text)
{
    const __m256i above = _mm256_set1_epi8(' ');
    struct text_signs signs = {0};
    struct sign_ends ends = sign_ends_first();
    for (size_t i = 0; i < text.len; i += SIGNS_BLOCK) {
        const struct halves bytes = load(text, i);
        struct sign_masks m = {.hash = equal(bytes, '#'), .dot = equal(bytes, '.'), .dash = equal(bytes, '-'),
                               .newline = equal(bytes, '\n')};
        m.edge = ~both(_mm256_cmpgt_epi8(bytes.a, above), _mm256_cmpgt_epi8(bytes.b, above));
        if (both(bytes.a, bytes.b)) {
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
typedef int no_avx2; /* a file must hold something */
#endif
