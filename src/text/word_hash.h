/*
 * The hash of a token: of its UTF-8 after simple case folding, the same for every instruction set. Up to 16 bytes are
 * two words, padded with zeros (no two tokens differ by trailing NULs only); longer ones go through XXH3-64.
 */
#ifndef TAMIS_TEXT_WORD_HASH_H
#define TAMIS_TEXT_WORD_HASH_H

#include <string.h>

#include "text/chars.h"

#define WORD_HASH_SECOND 0xd1342543de82ef95u /* odd numbers with well-mixed bits; any would do */
#define WORD_HASH_MIX 0xd6e8feb86659fd93u
#define WORD_HASH_BYTES 16

/*
 * Little-endian first and second eight bytes of a folded token of at most WORD_HASH_BYTES, zeros behind its end. Tokens
 * of up to eight bytes never collide with each other: every step can be undone.
 */
static inline uint64_t word_hash_short(uint64_t first, uint64_t second)
{
    const uint64_t b = second * WORD_HASH_SECOND;
    uint64_t x = first ^ (b << 32 | b >> 32);
    x ^= x >> 32;
    x *= WORD_HASH_MIX;
    return x ^ x >> 29;
}

static inline uint64_t word_load(const uint8_t *at)
{
    uint64_t x;
    memcpy(&x, at, sizeof x);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    return x;
}

/* Eight bytes, the ASCII letters in lower case: a byte from 'A' on, but not beyond 'Z', gets bit 5. */
static inline uint64_t word_fold_eight(uint64_t x)
{
    const uint64_t each = 0x0101010101010101u, top = 0x80 * each;
    const uint64_t low = x & ~top;
    const uint64_t from_a = low + (0x80 - 'A') * each, beyond_z = low + (0x7f - 'Z') * each;
    return x | ((from_a & ~beyond_z & ~x & top) >> 2);
}

/* Of a token of 1 to 16 bytes in which only ASCII folds. WORD_HASH_BYTES can be read from `at`. */
static inline uint64_t word_hash_readable(const uint8_t *at, size_t len)
{
    static const uint8_t keep[2 * WORD_HASH_BYTES] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                                      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    const uint8_t *const mask = keep + WORD_HASH_BYTES - len;
    const uint64_t first = word_load(at) & word_load(mask), second = word_load(at + 8) & word_load(mask + 8);
    return word_hash_short(word_fold_eight(first), word_fold_eight(second));
}

/* Of a token of any length in which only ASCII folds; nothing beyond it is read. */
uint64_t word_hash_plain(const uint8_t *at, size_t len);

/* Of any token; `chars`, when not NULL, tells which characters fold. */
uint64_t word_hash_folding(const uint8_t *at, size_t len, struct chars *chars);

/* Of the token text[begin, end), which is valid UTF-8: the definition. */
uint64_t word_hash(tamis_str text, uint32_t begin, uint32_t end);

/* Of tokens in which only ASCII folds, one after the other. */
void word_hash_each(tamis_str text, const uint32_t *begin, const uint32_t *end, size_t count, uint64_t *hash);

#endif
