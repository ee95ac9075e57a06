/*
 * The maps of a text with AVX2: two halves of 32 bytes, told apart by their nibbles; four tokens are hashed at a time.
 */
#include "text/masks.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include "text/masks_count.h"
#include "text/masks_step.h"
#include "text/word_hash.h"

#define EACH(byte) _mm256_set1_epi8((char)(byte))

struct halves {
    __m256i low, high;
};

static inline struct halves load(const uint8_t *at)
{
    return (struct halves){_mm256_loadu_si256((const __m256i *)(const void *)at),
                           _mm256_loadu_si256((const __m256i *)(const void *)(at + 32))};
}

/* The topmost bit of each byte. */
static inline uint64_t tops(__m256i low, __m256i high)
{
    return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

static inline uint64_t equal(struct halves v, unsigned byte)
{
    return tops(_mm256_cmpeq_epi8(v.low, EACH(byte)), _mm256_cmpeq_epi8(v.high, EACH(byte)));
}

/* Bytes of which a bit of `bits` is set. */
static inline uint64_t any(struct halves v, unsigned bits)
{
    const __m256i zero = _mm256_setzero_si256();
    return ~tops(_mm256_cmpeq_epi8(_mm256_and_si256(v.low, EACH(bits)), zero),
                 _mm256_cmpeq_epi8(_mm256_and_si256(v.high, EACH(bits)), zero));
}

static inline __m256i table(const uint8_t *nibbles)
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)nibbles));
}

static inline __m256i classes(__m256i v)
{
    const __m256i high = _mm256_and_si256(_mm256_srli_epi16(v, 4), EACH(0x0f));
    return _mm256_and_si256(_mm256_shuffle_epi8(table(masks_nibbles.low), v),
                            _mm256_shuffle_epi8(table(masks_nibbles.high), high));
}

MASKS_INLINE struct byte_masks read_bytes(const uint8_t *at)
{
    const struct halves v = load(at);
    const struct halves class = {classes(v.low), classes(v.high)};
    const uint64_t underscore = equal(v, '_');
    return (struct byte_masks){.word = any(class, NIBBLE_ALPHANUMERIC) | underscore,
                               .letter = any(class, NIBBLE_LETTER),
                               .space = any(class, NIBBLE_SPACE),
                               .underscore = underscore,
                               .may_break = any(class, NIBBLE_BREAK),
                               .wide = tops(v.low, v.high)};
}

MASKS_INLINE struct wide_masks read_wide(const uint8_t *at)
{
    const struct halves v = load(at);
    const __m256i first_lead = EACH(0xc0);
    return (struct wide_masks){
        .follows = tops(_mm256_cmpgt_epi8(first_lead, v.low), _mm256_cmpgt_epi8(first_lead, v.high)),
        .may_break = equal(v, 0xc2) | equal(v, 0xe2)};
}

MASKS_INLINE struct char_masks read_chars(const uint8_t *at)
{
    const struct halves v = load(at);
    return (struct char_masks){.space = any(v, CHARS_SPACE),
                               .word = any(v, CHARS_WORD),
                               .letter = any(v, CHARS_LETTER),
                               .combining = any(v, CHARS_COMBINING),
                               .punctuation = any(v, CHARS_PUNCTUATION),
                               .unspaced = any(v, CHARS_UNSPACED),
                               .folds = any(v, CHARS_FOLDS)};
}

static void map_text(struct text_maps *maps, tamis_str text, struct chars *chars)
{
    masks_map(maps, text, chars, (struct byte_reader){read_bytes, read_wide, read_chars});
}

/* ---- Hashes ----------------------------------------------------------------------------------------------------- */

enum { LANES = 4 };

static inline __m256i load_two(const uint8_t *low, const uint8_t *high)
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)low)),
                                   _mm_loadu_si128((const __m128i *)(const void *)high), 1);
}

static inline __m256i fold(__m256i v)
{
    const __m256i capital = _mm256_and_si256(_mm256_cmpgt_epi8(v, EACH('A' - 1)), _mm256_cmpgt_epi8(EACH('Z' + 1), v));
    return _mm256_add_epi8(v, _mm256_and_si256(capital, EACH(0x20)));
}

static inline __m256i multiply(__m256i v, uint64_t by)
{
    const __m256i low = _mm256_set1_epi64x((long long)(by & UINT32_MAX));
    const __m256i high = _mm256_set1_epi64x((long long)(by >> 32));
    const __m256i across =
        _mm256_add_epi64(_mm256_mul_epu32(_mm256_srli_epi64(v, 32), low), _mm256_mul_epu32(v, high));
    return _mm256_add_epi64(_mm256_mul_epu32(v, low), _mm256_slli_epi64(across, 32));
}

/* word_hash_short() of each lane. */
static inline __m256i mix(__m256i first, __m256i second)
{
    const __m256i swapped = _mm256_shuffle_epi32(multiply(second, WORD_HASH_SECOND), 0xb1);
    __m256i x = _mm256_xor_si256(first, swapped);
    x = _mm256_xor_si256(x, _mm256_srli_epi64(x, 32));
    x = multiply(x, WORD_HASH_MIX);
    return _mm256_xor_si256(x, _mm256_srli_epi64(x, 29));
}

static inline void hash_four(const uint8_t *text, const uint32_t *begin, const uint32_t *end, uint64_t *hash)
{
    const __m256i ones = _mm256_set1_epi64x(-1);
    const __m128i len = _mm_sub_epi32(_mm_loadu_si128((const __m128i *)(const void *)end),
                                      _mm_loadu_si128((const __m128i *)(const void *)begin));
    const __m128i hashed = _mm_min_epu32(len, _mm_set1_epi32(WORD_HASH_BYTES));
    const __m256i bits = _mm256_cvtepu32_epi64(_mm_slli_epi32(hashed, 3));
    const __m256i second_bits = _mm256_subs_epu16(bits, _mm256_set1_epi64x(64));
    const __m256i even = load_two(text + begin[0], text + begin[2]), odd = load_two(text + begin[1], text + begin[3]);
    const __m256i first = _mm256_andnot_si256(_mm256_sllv_epi64(ones, bits), _mm256_unpacklo_epi64(even, odd));
    const __m256i second = _mm256_andnot_si256(_mm256_sllv_epi64(ones, second_bits), _mm256_unpackhi_epi64(even, odd));
    _mm256_storeu_si256((__m256i *)(void *)hash, mix(fold(first), fold(second)));
    unsigned is_long = ~(unsigned)_mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(hashed, len))) & 0xf;
    for (; is_long; is_long &= is_long - 1) {
        const unsigned i = (unsigned)__builtin_ctz(is_long);
        hash[i] = word_hash_plain(text + begin[i], end[i] - begin[i]);
    }
}

static void hash_tokens(tamis_str text, const uint32_t *begin, const uint32_t *end, size_t count, uint64_t *hash)
{
    size_t i = 0;
    for (; i + LANES <= count && begin[i + LANES - 1] + (size_t)WORD_HASH_BYTES <= text.len; i += LANES) {
        hash_four((const uint8_t *)text.at, begin + i, end + i, hash + i);
    }
    word_hash_each(text, begin + i, end + i, count - i, hash + i);
}

const struct text_kernel masks_avx2 = {map_text,    masks_place_words, masks_place_tokens,
                                       hash_tokens, masks_pick_words,  masks_sum};
#endif
