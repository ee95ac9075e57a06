/*
 * Folding and hashing one token. ASCII up to 16 bytes goes through two registers, everything else through a buffer.
 */
#include "run/word_hash.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "run/text.h"

#define FOLDED_BYTES 256

static size_t utf8_read(const uint8_t *p, uint32_t *code)
{
    if (p[0] < 0x80) {
        *code = p[0];
        return 1;
    }
    if (p[0] < 0xe0) {
        *code = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
        return 2;
    }
    if (p[0] < 0xf0) {
        *code = (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
        return 3;
    }
    *code = (p[0] & 0x07u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
    return 4;
}

static size_t utf8_write(uint8_t *p, uint32_t code)
{
    if (code < 0x80) {
        p[0] = (uint8_t)code;
        return 1;
    }
    if (code < 0x800) {
        p[0] = (uint8_t)(0xc0 | code >> 6);
        p[1] = (uint8_t)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        p[0] = (uint8_t)(0xe0 | code >> 12);
        p[1] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
        p[2] = (uint8_t)(0x80 | (code & 0x3f));
        return 3;
    }
    p[0] = (uint8_t)(0xf0 | code >> 18);
    p[1] = (uint8_t)(0x80 | (code >> 12 & 0x3f));
    p[2] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
    p[3] = (uint8_t)(0x80 | (code & 0x3f));
    return 4;
}

static uint64_t hash_folded(const uint8_t *folded, size_t len)
{
    uint64_t words[2] = {0, 0};
    if (len > WORD_HASH_BYTES) {
        return XXH3_64bits(folded, len);
    }
    memcpy(words, folded, len);
    return word_hash_short(words[0], words[1]);
}

/* A word may be as long as a text; it is folded piece by piece and hashed as one. */
static uint64_t hash_long(const uint8_t *p, size_t len)
{
    XXH3_state_t state;
    XXH3_INITSTATE(&state);
    XXH3_64bits_reset(&state);
    uint8_t folded[FOLDED_BYTES];
    size_t used = 0;
    for (size_t i = 0; i < len;) {
        uint32_t code;
        i += utf8_read(p + i, &code);
        used += utf8_write(folded + used, text_fold(code));
        if (used > FOLDED_BYTES - 4) {
            XXH3_64bits_update(&state, folded, used);
            used = 0;
        }
    }
    XXH3_64bits_update(&state, folded, used);
    return XXH3_64bits_digest(&state);
}

uint64_t word_hash(tamis_str text, uint32_t begin, uint32_t end)
{
    const uint8_t *const p = (const uint8_t *)text.at + begin;
    const size_t len = end - begin;
    uint8_t folded[FOLDED_BYTES];
    size_t used = 0;
    if (len > FOLDED_BYTES / 2) { /* folding lengthens a character by one byte at most: two become three */
        return hash_long(p, len);
    }
    for (size_t i = 0; i < len;) {
        uint32_t code;
        i += utf8_read(p + i, &code);
        used += utf8_write(folded + used, text_fold(code));
    }
    return hash_folded(folded, used);
}
