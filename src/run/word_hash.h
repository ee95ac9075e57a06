/*
 * The hash of a token: of its UTF-8 after simple case folding, the same for every instruction set. Up to 16 bytes are
 * two words, padded with zeros (no word holds a NUL); longer ones go through XXH3-64.
 */
#ifndef TAMIS_RUN_WORD_HASH_H
#define TAMIS_RUN_WORD_HASH_H

#include "tamis.h"

#define WORD_HASH_FIRST 0x9fb21c651e98df25u /* odd numbers with well-mixed bits; any would do */
#define WORD_HASH_SECOND 0xd1342543de82ef95u
#define WORD_HASH_MIX 0xd6e8feb86659fd93u
#define WORD_HASH_BYTES 16

/* Little-endian first and second eight bytes of a folded token of at most WORD_HASH_BYTES, zeros behind its end. */
static inline uint64_t word_hash_short(uint64_t first, uint64_t second)
{
    const uint64_t b = second * WORD_HASH_SECOND;
    uint64_t x = first * WORD_HASH_FIRST ^ (b << 32 | b >> 32);
    x ^= x >> 32;
    x *= WORD_HASH_MIX;
    return x ^ x >> 29;
}

/* Of the token text[begin, end); *not* case-folded on entry. Never reads outside of `text`. */
uint64_t word_hash(tamis_str text, uint32_t begin, uint32_t end);

#endif
