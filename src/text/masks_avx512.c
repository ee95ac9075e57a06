/*
 * The maps of a text with AVX-512: 64 bytes are told apart at once by their nibbles, places come out by
 * compressing byte numbers, and eight tokens are hashed at a time.
 */
#include "text/masks.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include "text/masks_count.h"
#include "text/masks_step.h"
#include "text/word_hash.h"

#define EACH(byte) _mm512_set1_epi8((char)(byte))

static inline __m512i table(const uint8_t *nibbles)
{
    return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)nibbles));
}

MASKS_INLINE struct byte_masks read_bytes(const uint8_t *at)
{
    const __m512i v = _mm512_loadu_si512(at);
    const __m512i high = _mm512_and_si512(_mm512_srli_epi16(v, 4), EACH(0x0f));
    const __m512i class = _mm512_and_si512(_mm512_shuffle_epi8(table(masks_nibbles.low), v),
                                           _mm512_shuffle_epi8(table(masks_nibbles.high), high));
    const uint64_t underscore = _mm512_cmpeq_epi8_mask(v, EACH('_'));
    return (struct byte_masks){.word = _mm512_test_epi8_mask(class, EACH(NIBBLE_ALPHANUMERIC)) | underscore,
                               .letter = _mm512_test_epi8_mask(class, EACH(NIBBLE_LETTER)),
                               .space = _mm512_test_epi8_mask(class, EACH(NIBBLE_SPACE)),
                               .underscore = underscore,
                               .may_break = _mm512_test_epi8_mask(class, EACH(NIBBLE_BREAK)),
                               .wide = _mm512_movepi8_mask(v)};
}

MASKS_INLINE struct wide_masks read_wide(const uint8_t *at)
{
    const __m512i v = _mm512_loadu_si512(at);
    return (struct wide_masks){.follows = _mm512_cmplt_epi8_mask(v, EACH(0xc0)),
                               .may_break = _mm512_cmpeq_epi8_mask(_mm512_or_si512(v, EACH(0x20)), EACH(0xe2))};
}

MASKS_INLINE struct char_masks read_chars(const uint8_t *classes)
{
    const __m512i v = _mm512_loadu_si512(classes);
    return (struct char_masks){.space = _mm512_test_epi8_mask(v, EACH(CHARS_SPACE)),
                               .word = _mm512_test_epi8_mask(v, EACH(CHARS_WORD)),
                               .letter = _mm512_test_epi8_mask(v, EACH(CHARS_LETTER)),
                               .combining = _mm512_test_epi8_mask(v, EACH(CHARS_COMBINING)),
                               .punctuation = _mm512_test_epi8_mask(v, EACH(CHARS_PUNCTUATION)),
                               .unspaced = _mm512_test_epi8_mask(v, EACH(CHARS_UNSPACED)),
                               .folds = _mm512_test_epi8_mask(v, EACH(CHARS_FOLDS))};
}

static void map_text(struct text_maps *maps, tamis_str text, struct chars *chars)
{
    masks_map(maps, text, chars, (struct byte_reader){read_bytes, read_wide, read_chars});
}

/* ---- Places ----------------------------------------------------------------------------------------------------- */

static inline void put_sixteen(uint32_t *out, __m128i numbers, __m512i base)
{
    _mm512_storeu_si512(out, _mm512_add_epi32(base, _mm512_cvtepu8_epi32(numbers)));
}

static inline uint32_t *put(uint32_t *out, uint64_t bits, __m512i numbers, __m512i base)
{
    const __m512i found = _mm512_maskz_compress_epi8(bits, numbers);
    const int found_bits = __builtin_popcountll(bits);
    put_sixteen(out, _mm512_castsi512_si128(found), base);
    if (found_bits > 16) {
        put_sixteen(out + 16, _mm512_extracti32x4_epi32(found, 1), base);
        if (found_bits > 32) {
            put_sixteen(out + 32, _mm512_extracti32x4_epi32(found, 2), base);
            put_sixteen(out + 48, _mm512_extracti32x4_epi32(found, 3), base);
        }
    }
    return out + found_bits;
}

/* 0 to 63 */
static inline __m512i byte_numbers(void)
{
    return _mm512_set_epi64(0x3f3e3d3c3b3a3938, 0x3736353433323130, 0x2f2e2d2c2b2a2928, 0x2726252423222120,
                            0x1f1e1d1c1b1a1918, 0x1716151413121110, 0x0f0e0d0c0b0a0908, 0x0706050403020100);
}

static void place_words(const struct text_maps *maps, uint32_t *begin, uint32_t *end)
{
    const __m512i numbers = byte_numbers();
    for (size_t i = 0; i < maps->count; i++) {
        const struct text_block *const b = &maps->at[i];
        const __m512i base = _mm512_set1_epi32((int)(i * MASKS_BLOCK));
        begin = put(begin, b->word_begin, numbers, base);
        end = put(end, b->word_end, numbers, base);
    }
}

static void place_tokens(const struct text_maps *maps, uint32_t *begin, uint32_t *end)
{
    const __m512i numbers = byte_numbers();
    for (size_t i = 0; i < maps->count; i++) {
        const struct text_block *const b = &maps->at[i];
        const __m512i base = _mm512_set1_epi32((int)(i * MASKS_BLOCK));
        begin = put(begin, b->word_begin | b->mark, numbers, base);
        end = put(end, b->word_end | b->mark_end, numbers, base);
    }
}

/* ---- Hashes ----------------------------------------------------------------------------------------------------- */

enum { LANES = 8 };

static inline __m128i sixteen(const uint8_t *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

/* The sixteen bytes of every other of eight tokens. */
static inline __m512i load_four(const uint8_t *text, const uint32_t *begin)
{
    __m512i v = _mm512_castsi128_si512(sixteen(text + begin[0]));
    v = _mm512_inserti32x4(v, sixteen(text + begin[2]), 1);
    v = _mm512_inserti32x4(v, sixteen(text + begin[4]), 2);
    return _mm512_inserti32x4(v, sixteen(text + begin[6]), 3);
}

static inline __m512i fold(__m512i v)
{
    const uint64_t capital = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(v, EACH('A')), EACH(26));
    return _mm512_mask_add_epi8(v, capital, v, EACH(0x20));
}

/* word_hash_short() of each lane. */
static inline __m512i mix(__m512i first, __m512i second)
{
    const __m512i b = _mm512_mullo_epi64(second, _mm512_set1_epi64((long long)WORD_HASH_SECOND));
    __m512i x = _mm512_xor_si512(first, _mm512_rol_epi64(b, 32));
    x = _mm512_xor_si512(x, _mm512_srli_epi64(x, 32));
    x = _mm512_mullo_epi64(x, _mm512_set1_epi64((long long)WORD_HASH_MIX));
    return _mm512_xor_si512(x, _mm512_srli_epi64(x, 29));
}

static inline void hash_eight(const uint8_t *text, const uint32_t *begin, const uint32_t *end, uint64_t *hash)
{
    const __m512i ones = _mm512_set1_epi64(-1);
    const __m256i longest = _mm256_set1_epi32(WORD_HASH_BYTES);
    const __m256i len32 = _mm256_sub_epi32(_mm256_loadu_si256((const __m256i *)(const void *)end),
                                           _mm256_loadu_si256((const __m256i *)(const void *)begin));
    const __m512i bits = _mm512_cvtepu32_epi64(_mm256_slli_epi32(_mm256_min_epu32(len32, longest), 3));
    const __m512i second_bits = _mm512_subs_epu16(bits, _mm512_set1_epi64(64));
    const __m512i even = load_four(text, begin), odd = load_four(text, begin + 1);
    const __m512i first = _mm512_andnot_si512(_mm512_sllv_epi64(ones, bits), _mm512_unpacklo_epi64(even, odd));
    const __m512i second = _mm512_andnot_si512(_mm512_sllv_epi64(ones, second_bits), _mm512_unpackhi_epi64(even, odd));
    _mm512_storeu_si512(hash, mix(fold(first), fold(second)));
    unsigned is_long = _mm256_cmpgt_epu32_mask(len32, longest);
    for (; is_long; is_long &= is_long - 1) {
        const unsigned i = (unsigned)__builtin_ctz(is_long);
        hash[i] = word_hash_plain(text + begin[i], end[i] - begin[i]);
    }
}

static void hash_tokens(tamis_str text, const uint32_t *begin, const uint32_t *end, size_t count, uint64_t *hash)
{
    size_t i = 0;
    for (; i + LANES <= count && begin[i + LANES - 1] + (size_t)WORD_HASH_BYTES <= text.len; i += LANES) {
        hash_eight((const uint8_t *)text.at, begin + i, end + i, hash + i);
    }
    word_hash_each(text, begin + i, end + i, count - i, hash + i);
}

static void pick_words(const struct text_maps *maps, const uint64_t *hash, uint64_t *out)
{
    for (size_t i = 0; i < maps->count; i++) {
        const uint64_t words = maps->at[i].word_begin, tokens = words | maps->at[i].mark;
        const int count_here = __builtin_popcountll(tokens);
        uint64_t is_word = _pext_u64(words, tokens); /* the i-th bit is of the i-th token */
        for (int k = 0; k < count_here; k += LANES, is_word >>= LANES) {
            const __mmask8 take = (__mmask8)(is_word & 0xff);
            _mm512_storeu_si512(out, _mm512_maskz_compress_epi64(take, _mm512_loadu_si512(hash + k)));
            out += __builtin_popcount(take);
        }
        hash += count_here;
    }
}

const struct text_kernel masks_avx512 = {map_text, place_words, place_tokens, hash_tokens, pick_words, masks_sum};
#endif
