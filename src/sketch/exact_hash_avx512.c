/*
 * Exact hashes with AVX-512: 64 bytes at a time, white space found as bits and what is too much of it squeezed out.
 */
#include "sketch/sketch_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include "sketch/exact_piece.h"

#define BLOCK 64

/* White space that goes on from one block to the next. */
struct carry {
    uint64_t space;  /* 1: the byte before the block is white space, or the text begins */
    uint64_t inside; /* the first bytes of the block that belong to a character begun before it */
};

static inline __mmask64 equals(__mmask64 among, __m512i bytes, unsigned value)
{
    return _mm512_mask_cmpeq_epi8_mask(among, bytes, _mm512_set1_epi8((char)value));
}

static inline __mmask64 in_range(__m512i bytes, unsigned first, unsigned last)
{
    const __m512i above = _mm512_sub_epi8(bytes, _mm512_set1_epi8((char)first));
    return _mm512_cmple_epu8_mask(above, _mm512_set1_epi8((char)(last - first)));
}

static inline __m512i load(const uint8_t *at, size_t left)
{
    return left >= BLOCK ? _mm512_loadu_si512(at) : _mm512_maskz_loadu_epi8(_bzhi_u64(UINT64_MAX, (unsigned)left), at);
}

/* U+1680, U+2000..200A, U+2028, U+2029, U+202F, U+205F, U+3000: where they begin. */
static __mmask64 three_bytes(__m512i first, __m512i second, __m512i third)
{
    const __mmask64 e1 = equals(equals(UINT64_MAX, first, 0xe1), second, 0x9a);
    const __mmask64 e2 = equals(UINT64_MAX, first, 0xe2);
    const __mmask64 e3 = equals(equals(UINT64_MAX, first, 0xe3), second, 0x80);
    const __mmask64 e280 = equals(e2, second, 0x80), e281 = equals(e2, second, 0x81);
    const __mmask64 narrow = e280 & in_range(third, 0x80, 0x8a);
    const __mmask64 breaks = equals(e280, third, 0xa8) | equals(e280, third, 0xa9) | equals(e280, third, 0xaf);
    return equals(e1 | e3, third, 0x80) | narrow | breaks | equals(e281, third, 0x9f);
}

/* All bytes of white-space characters that are not of one byte. */
static __mmask64 wide_spaces(const uint8_t *at, size_t left, __m512i first, struct carry *carry)
{
    const __m512i second = left > 1 ? load(at + 1, left - 1) : _mm512_setzero_si512();
    const __m512i third = left > 2 ? load(at + 2, left - 2) : _mm512_setzero_si512();
    const __mmask64 c2 = equals(UINT64_MAX, first, 0xc2);
    const __mmask64 two = equals(c2, second, 0x85) | equals(c2, second, 0xa0);
    const __mmask64 three = three_bytes(first, second, third), either = two | three;
    carry->inside = either >> 63 | three >> 62;
    return either | either << 1 | three << 2;
}

/* One block, or what is `left` of it, to `out`; returns how many bytes it makes there, where BLOCK may be written. */
static inline size_t add_block(uint8_t *out, const uint8_t *at, size_t left, struct carry *carry)
{
    const __m512i bytes = load(at, left);
    __mmask64 spaces = in_range(bytes, 0x09, 0x0d) | in_range(bytes, 0x1c, 0x20) | carry->inside;
    carry->inside = 0;
    if (_mm512_movepi8_mask(bytes) && (equals(UINT64_MAX, bytes, 0xc2) | in_range(bytes, 0xe1, 0xe3))) {
        spaces |= wide_spaces(at, left, bytes, carry);
    }
    const __mmask64 inside = left >= BLOCK ? UINT64_MAX : _bzhi_u64(UINT64_MAX, (unsigned)left);
    const __mmask64 stays = inside & ~(spaces & (spaces << 1 | carry->space));
    const __m512i one_space = _mm512_mask_mov_epi8(bytes, spaces, _mm512_set1_epi8(' '));
    _mm512_storeu_si512(out, _mm512_maskz_compress_epi8(stays, one_space));
    carry->space = (left >= BLOCK ? spaces >> 63 : spaces >> (left - 1)) & 1;
    return (size_t)__builtin_popcountll(stays);
}

hash128 exact_avx512(const uint8_t *text, size_t len)
{
    struct piece p;
    struct carry carry = {.space = 1};
    size_t used = 0;
    p.streams = false;
    for (size_t i = 0; i < len; i += BLOCK) {
        used = piece_room(&p, used);
        used += add_block(p.at + used, text + i, len - i, &carry);
    }
    return piece_end(&p, used, carry.space);
}

hash128 exact_bytes_avx512(const void *bytes, size_t len)
{
    const XXH128_hash_t hash = XXH3_128bits(bytes, len);
    return (hash128){.high = hash.high64, .low = hash.low64};
}

#endif
