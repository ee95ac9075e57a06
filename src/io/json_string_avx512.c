/*
 * Strings 64 bytes at a time: simple escapes are translated where they stand and their backslashes squeezed out. Only
 * \u leaves the vector. UTF-8 is checked where there is some.
 */
#if defined(__x86_64__)
#include <immintrin.h>

#include "io/json_string.h"
#include "io/utf8_pairs.h"

struct block {
    __m512i bytes; /* newlines and tabs translated */
    uint64_t kept; /* bytes of the text */
    uint64_t odd;  /* escaped bytes that are no n, t, quote or backslash */
};

/* ---- UTF-8 ------------------------------------------------------------------------------------------------------ */

/* For each byte the entry its lower half names. */
static inline __m512i look_up(const uint8_t entries[16], __m512i bytes)
{
    const __m512i table = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)entries));
    return _mm512_shuffle_epi8(table, _mm512_and_si512(bytes, _mm512_set1_epi8(0x0f)));
}

/* The bytes at which a character is seen to be malformed; `before` is the block before this one. */
static inline uint64_t malformed(__m512i bytes, __m512i before)
{
    const __m512i lanes = _mm512_alignr_epi32(bytes, before, 12);
    const __m512i one = _mm512_alignr_epi8(bytes, lanes, 15); /* the byte one before, and so on */
    const __m512i two = _mm512_alignr_epi8(bytes, lanes, 14);
    const __m512i three = _mm512_alignr_epi8(bytes, lanes, 13);
    const __m512i pair = _mm512_and_si512(
        _mm512_and_si512(look_up(utf8_first_high, _mm512_srli_epi16(one, 4)), look_up(utf8_first_low, one)),
        look_up(utf8_second_high, _mm512_srli_epi16(bytes, 4)));
    const uint64_t later_tail = _mm512_cmpge_epu8_mask(two, _mm512_set1_epi8((char)0xe0)) |
                                _mm512_cmpge_epu8_mask(three, _mm512_set1_epi8((char)0xf0));
    return (_mm512_movepi8_mask(pair) ^ later_tail) | _mm512_test_epi8_mask(pair, _mm512_set1_epi8(0x7f));
}

/* ---- Escapes ---------------------------------------------------------------------------------------------------- */

static inline uint64_t is_byte(__m512i bytes, char byte)
{
    return _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(byte));
}

static inline char *emit(char *out, __m512i bytes, uint64_t kept)
{
    _mm512_storeu_si512(out, _mm512_maskz_compress_epi8(kept, bytes));
    return out + _mm_popcnt_u64(kept);
}

static inline __m512i translate(__m512i bytes, uint64_t which, char byte)
{
    return _mm512_mask_blend_epi8(which, bytes, _mm512_set1_epi8(byte));
}

/*
 * Writes a block with rarer escapes. Returns where the next block begins, at least 64 bytes on; NULL: one is no escape.
 */
__attribute__((noinline)) static const char *emit_odd(const char *at, struct block block, char **to)
{
    const uint64_t r = block.odd & is_byte(block.bytes, 'r'), b = block.odd & is_byte(block.bytes, 'b');
    const uint64_t f = block.odd & is_byte(block.bytes, 'f'), slash = block.odd & is_byte(block.bytes, '/');
    uint64_t unicode = block.odd & is_byte(block.bytes, 'u');
    if (block.odd != (r | b | f | slash | unicode)) {
        return NULL;
    }
    const __m512i bytes = translate(translate(translate(block.bytes, r, '\r'), b, '\b'), f, '\f');
    size_t from = 0;
    while (unicode != 0) {
        const uint64_t behind = _blsmsk_u64(unicode);
        *to = emit(*to, bytes, block.kept & (behind >> 1));
        const char *const next = json_unicode_escapes(at + _tzcnt_u64(unicode) + 1, to);
        if (next == NULL) {
            return NULL;
        }
        from = (size_t)(next - at);
        if (from >= 64) {
            return next;
        }
        const uint64_t rest = UINT64_MAX << from;
        unicode &= rest;
        block.kept &= rest;
    }
    *to = emit(*to, bytes, block.kept);
    return at + 64;
}

/* ---- The kernel ------------------------------------------------------------------------------------------------- */

const char *json_unescape_avx512(const char *at, char **to)
{
    char *out = *to;
    __m512i before = _mm512_setzero_si512();
    uint64_t carried = 0, unfinished = 0;
    for (;;) {
        const __m512i bytes = _mm512_loadu_si512(at);
        const uint64_t backslash = is_byte(bytes, '\\'), quote = is_byte(bytes, '"');
        const uint64_t control = _mm512_cmplt_epu8_mask(bytes, _mm512_set1_epi8(0x20));
        const uint64_t high = _mm512_movepi8_mask(bytes);
        const uint64_t escaping = json_escaping(backslash, carried), escaped = escaping << 1 | carried;
        const uint64_t stop = control | (quote & ~escaped);
        const uint64_t inside = (stop - 1) & ~stop;
        if ((high | unfinished) != 0 && (malformed(bytes, before) & _blsmsk_u64(stop)) != 0) {
            return NULL;
        }
        const uint64_t newline = escaped & is_byte(bytes, 'n'), tab = escaped & is_byte(bytes, 't');
        const struct block block = {translate(translate(bytes, newline, '\n'), tab, '\t'), inside & ~escaping,
                                    escaped & inside & ~(newline | tab | quote | backslash)};
        const char *next = at + 64;
        if (block.odd == 0) {
            out = emit(out, block.bytes, block.kept);
        } else if ((next = emit_odd(at, block, &out)) == NULL) {
            return NULL;
        }
        if (stop != 0) {
            const char *const end = at + _tzcnt_u64(stop);
            *to = *end == '"' ? out : *to;
            return *end == '"' ? end + 1 : NULL;
        }
        const bool straight = next == at + 64; /* or behind a \u that reaches beyond the block */
        carried = straight ? escaping >> 63 : 0;
        unfinished = high;
        before = bytes;
        if (!straight) {
            before = _mm512_setzero_si512();
            unfinished = 0;
        }
        at = next;
    }
}
#endif
