/*
 * Exact hashes with AVX2: 32 bytes at a time, white space found as bits; where some is too much, the stretches between
 * are copied.
 */
#include "sketch/sketch_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include "sketch/exact_piece.h"

#define BLOCK 32
#define AHEAD 2 /* bytes read beyond a block */

/* White space that goes on from one block to the next. */
struct carry {
    uint32_t space;  /* 1: the byte before the block is white space, or the text begins */
    uint32_t inside; /* the first bytes of the block that belong to a character begun before it */
};

static inline __m256i load(const uint8_t *at)
{
    return _mm256_loadu_si256((const __m256i *)at);
}

static inline __m256i equals(__m256i bytes, unsigned value)
{
    return _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8((char)value));
}

static inline __m256i in_range(__m256i bytes, unsigned first, unsigned last)
{
    const __m256i above = _mm256_sub_epi8(bytes, _mm256_set1_epi8((char)first));
    return _mm256_cmpeq_epi8(_mm256_min_epu8(above, _mm256_set1_epi8((char)(last - first))), above);
}

static inline __m256i either(__m256i a, __m256i b)
{
    return _mm256_or_si256(a, b);
}

static inline __m256i both(__m256i a, __m256i b)
{
    return _mm256_and_si256(a, b);
}

static inline uint32_t bits(__m256i bytes)
{
    return (uint32_t)_mm256_movemask_epi8(bytes);
}

/* U+1680, U+2000..200A, U+2028, U+2029, U+202F, U+205F, U+3000: where they begin. */
static __m256i three_bytes(__m256i first, __m256i second, __m256i third)
{
    const __m256i e1 = both(equals(first, 0xe1), equals(second, 0x9a));
    const __m256i e3 = both(equals(first, 0xe3), equals(second, 0x80));
    const __m256i breaks = either(in_range(third, 0xa8, 0xa9), equals(third, 0xaf));
    const __m256i e280 = both(equals(second, 0x80), either(in_range(third, 0x80, 0x8a), breaks));
    const __m256i e281 = both(equals(second, 0x81), equals(third, 0x9f));
    return either(both(either(e1, e3), equals(third, 0x80)), both(equals(first, 0xe2), either(e280, e281)));
}

/* All bytes of white-space characters that are not of one byte; their first ones are added to `begins`. */
static uint32_t wide_spaces(const uint8_t *at, __m256i first, __m256i *begins, struct carry *carry)
{
    const __m256i second = load(at + 1), third = load(at + 2);
    const __m256i two = both(equals(first, 0xc2), either(equals(second, 0x85), equals(second, 0xa0)));
    const __m256i three = three_bytes(first, second, third), any = either(two, three);
    *begins = either(*begins, any);
    carry->inside = bits(any) >> 31 | bits(three) >> 30;
    return bits(any) | bits(any) << 1 | bits(three) << 2;
}

/* The bytes of a block that stay, stretch by stretch; returns how many they are. */
static size_t add_stretches(uint8_t *out, __m256i bytes, uint64_t stays)
{
    uint8_t block[2 * BLOCK];
    size_t used = 0;
    _mm256_storeu_si256((__m256i *)block, bytes);
    _mm256_storeu_si256((__m256i *)(block + BLOCK), bytes); /* never used: a vector may be loaded whole at the end */
    while (stays) {
        const unsigned begin = (unsigned)__builtin_ctzll(stays);
        const unsigned length = (unsigned)__builtin_ctzll(~(stays >> begin));
        _mm256_storeu_si256((__m256i *)(out + used), load(block + begin));
        used += length;
        stays &= UINT64_MAX << (begin + length);
    }
    return used;
}

/* `count` bytes at `at`, of BLOCK + AHEAD that may be read, to `out`, where twice BLOCK may be written; returns how
 * many they make there. */
static inline size_t add_block(uint8_t *out, const uint8_t *at, size_t count, struct carry *carry)
{
    const __m256i bytes = load(at);
    __m256i begins = either(in_range(bytes, 0x09, 0x0d), in_range(bytes, 0x1c, 0x20));
    uint32_t spaces = bits(begins) | carry->inside;
    carry->inside = 0;
    if (bits(bytes) && bits(either(equals(bytes, 0xc2), in_range(bytes, 0xe1, 0xe3)))) {
        spaces |= wide_spaces(at, bytes, &begins, carry);
    }
    const __m256i one_space = _mm256_blendv_epi8(bytes, _mm256_set1_epi8(' '), begins);
    const uint32_t stays = ~(spaces & (spaces << 1 | carry->space)) & UINT32_MAX >> (BLOCK - count);
    carry->space = spaces >> (count - 1) & 1;
    if (stays == UINT32_MAX) {
        _mm256_storeu_si256((__m256i *)out, one_space);
        return BLOCK;
    }
    return add_stretches(out, one_space, stays);
}

hash128 exact_avx2(const uint8_t *text, size_t len)
{
    struct piece p;
    struct carry carry = {.space = 1};
    uint8_t end[2 * BLOCK + AHEAD] = {0};
    size_t i = 0, used = 0;
    p.streams = false;
    for (; i + BLOCK + AHEAD <= len; i += BLOCK) {
        used = piece_room(&p, used);
        used += add_block(p.at + used, text + i, BLOCK, &carry);
    }
    const size_t left = len - i;
    memcpy(end, text + i, left);
    for (i = 0; i < left; i += BLOCK) {
        used = piece_room(&p, used);
        used += add_block(p.at + used, end + i, left - i < BLOCK ? left - i : BLOCK, &carry);
    }
    return piece_end(&p, used, carry.space);
}

hash128 exact_bytes_avx2(const void *bytes, size_t len)
{
    const XXH128_hash_t hash = XXH3_128bits(bytes, len);
    return (hash128){.high = hash.high64, .low = hash.low64};
}

#endif
