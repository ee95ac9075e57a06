/*
 * Line ends by 64-bit arithmetic, and the choice of kernels.
 */
#include "text_signs.h"

#include <string.h>

/* A bit per byte of eight that is LF, the first lowest. */
static uint64_t newlines_in(const char *at)
{
    const uint64_t each = 0x0101010101010101u, low = 0x7f * each;
    uint64_t x;
    memcpy(&x, at, sizeof x);
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    x ^= '\n' * each;
    const uint64_t not_zero = ((x & low) + low) | x; /* in the highest bit of each byte */
    const uint64_t zero = ~not_zero >> 7 & each;
    return zero * 0x0102040810204080u >> 56;
}

void newline_bits_plain(tamis_str text, uint64_t *bits)
{
    memset(bits, 0, (text.len / SIGNS_BLOCK + 1) * sizeof *bits);
    size_t i = 0;
    for (; i + 8 <= text.len; i += 8) {
        bits[i / SIGNS_BLOCK] |= newlines_in(text.at + i) << i % SIGNS_BLOCK;
    }
    for (; i < text.len; i++) {
        bits[i / SIGNS_BLOCK] |= (uint64_t)(text.at[i] == '\n') << i % SIGNS_BLOCK;
    }
}

newline_bits *newline_bits_for(tamis_cpu cpu)
{
#if defined(__x86_64__)
    if (cpu >= TAMIS_CPU_AVX2) {
        return cpu >= TAMIS_CPU_AVX512 ? newline_bits_avx512 : newline_bits_avx2;
    }
#endif
    (void)cpu;
    return newline_bits_plain;
}

count_signs *count_signs_for(tamis_cpu cpu)
{
#if defined(__x86_64__)
    if (cpu >= TAMIS_CPU_AVX2) {
        return cpu >= TAMIS_CPU_AVX512 ? count_signs_avx512 : count_signs_avx2;
    }
#endif
    (void)cpu;
    return NULL;
}
