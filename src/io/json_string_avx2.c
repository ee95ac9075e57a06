/*
 * Strings 64 bytes at a time, in two halves: the stretches between escapes are copied whole. UTF-8 is checked where
 * there is some.
 */
#if defined(__x86_64__)
#include <immintrin.h>

#include "io/json_string.h"
#include "io/utf8_pairs.h"

struct block {
    __m256i low, high;
};

static inline __m256i load(const char *at)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)at);
}

static inline void copy_block(char *to, const char *at)
{
    const __m256i low = load(at), high = load(at + 32);
    _mm256_storeu_si256((__m256i *)(void *)to, low);
    _mm256_storeu_si256((__m256i *)(void *)(to + 32), high);
}

static inline uint64_t top_bits(__m256i low, __m256i high)
{
    return (uint64_t)(uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

static inline uint64_t is_byte(struct block block, char byte)
{
    const __m256i wanted = _mm256_set1_epi8(byte);
    return top_bits(_mm256_cmpeq_epi8(block.low, wanted), _mm256_cmpeq_epi8(block.high, wanted));
}

static inline uint64_t is_at_most(struct block block, char most)
{
    const __m256i limit = _mm256_set1_epi8(most);
    return top_bits(_mm256_cmpeq_epi8(_mm256_min_epu8(block.low, limit), block.low),
                    _mm256_cmpeq_epi8(_mm256_min_epu8(block.high, limit), block.high));
}

/* ---- UTF-8 ------------------------------------------------------------------------------------------------------ */

/* For each byte the entry its lower half names. */
static inline __m256i look_up(const uint8_t entries[16], __m256i bytes)
{
    const __m256i table = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)entries));
    return _mm256_shuffle_epi8(table, _mm256_and_si256(bytes, _mm256_set1_epi8(0x0f)));
}

/* 0xff in the bytes from `least` on. */
static inline __m256i is_at_least(__m256i bytes, char least)
{
    const __m256i limit = _mm256_set1_epi8(least);
    return _mm256_cmpeq_epi8(_mm256_max_epu8(bytes, limit), bytes);
}

/* Nonzero in the bytes at which a character is seen to be malformed; `before` are the 32 bytes before these. */
static inline __m256i malformed_half(__m256i bytes, __m256i before)
{
    const __m256i lanes = _mm256_permute2x128_si256(before, bytes, 0x21);
    const __m256i one = _mm256_alignr_epi8(bytes, lanes, 15); /* the byte one before, and so on */
    const __m256i two = _mm256_alignr_epi8(bytes, lanes, 14);
    const __m256i three = _mm256_alignr_epi8(bytes, lanes, 13);
    const __m256i pair = _mm256_and_si256(
        _mm256_and_si256(look_up(utf8_first_high, _mm256_srli_epi16(one, 4)), look_up(utf8_first_low, one)),
        look_up(utf8_second_high, _mm256_srli_epi16(bytes, 4)));
    const __m256i later = _mm256_or_si256(is_at_least(two, (char)0xe0), is_at_least(three, (char)0xf0));
    return _mm256_xor_si256(pair, _mm256_and_si256(later, _mm256_set1_epi8((char)UTF8_TAILS)));
}

static inline uint64_t malformed(struct block block, __m256i before)
{
    const __m256i zero = _mm256_setzero_si256();
    return ~top_bits(_mm256_cmpeq_epi8(malformed_half(block.low, before), zero),
                     _mm256_cmpeq_epi8(malformed_half(block.high, block.low), zero));
}

/* ---- Escapes ---------------------------------------------------------------------------------------------------- */

/*
 * Writes the block from its first byte up to `inside` bytes on; the bytes of `escaped` follow a backslash, which for
 * the first byte of a block is not in it. Returns where the next block begins; NULL: one is no escape.
 */
static inline const char *emit(const char *at, size_t inside, uint64_t escaped, char **to)
{
    const char *from = at;
    char *out = *to;
    for (; escaped != 0; escaped &= escaped - 1) {
        const char *const letter = at + _tzcnt_u64(escaped);
        if (letter < from) {
            continue; /* one of a run of \u */
        }
        copy_block(out, from);
        out += letter > from ? letter - 1 - from : 0;
        from = letter + 1;
        *out = json_simple_escapes[(unsigned char)*letter];
        if (*out++ != '\0') {
            continue;
        }
        out--;
        if (*letter != 'u' || (from = json_unicode_escapes(from, &out)) == NULL) {
            return NULL;
        }
    }
    const char *const end = at + inside;
    if (from < end) {
        copy_block(out, from);
        out += end - from;
        from = end;
    }
    *to = out;
    return from;
}

/* ---- The kernel ------------------------------------------------------------------------------------------------- */

const char *json_unescape_avx2(const char *at, char **to)
{
    char *out = *to;
    __m256i before = _mm256_setzero_si256();
    uint64_t carried = 0, unfinished = 0;
    for (;;) {
        const struct block block = {load(at), load(at + 32)};
        const uint64_t backslash = is_byte(block, '\\'), quote = is_byte(block, '"');
        const uint64_t high = top_bits(block.low, block.high);
        const uint64_t escaping = json_escaping(backslash, carried), escaped = escaping << 1 | carried;
        const uint64_t stop = is_at_most(block, 0x1f) | (quote & ~escaped);
        if ((high | unfinished) != 0 && (malformed(block, before) & _blsmsk_u64(stop)) != 0) {
            return NULL;
        }
        const size_t inside = _tzcnt_u64(stop); /* 64: the string does not end here */
        const bool ends_escaping = (escaping >> 63) != 0;
        const char *const next = emit(at, inside - (ends_escaping && stop == 0), escaped & ((stop - 1) & ~stop), &out);
        if (next == NULL) {
            return NULL;
        }
        if (stop != 0) {
            const char *const end = at + inside;
            *to = *end == '"' ? out : *to;
            return *end == '"' ? end + 1 : NULL;
        }
        const bool straight = next <= at + 64; /* or behind a \u that reaches beyond the block */
        carried = straight && ends_escaping;
        unfinished = straight ? high : 0;
        before = straight ? block.high : _mm256_setzero_si256();
        at = straight ? at + 64 : next;
    }
}
#endif
