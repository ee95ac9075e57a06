/*
 * Folding and hashing one token. Up to 16 bytes go through two registers, more through a buffer, and where more than
 * ASCII folds, character by character.
 */
#include "text/word_hash.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "text/chars.h"

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
    uint8_t padded[WORD_HASH_BYTES] = {0};
    if (len > WORD_HASH_BYTES) {
        return XXH3_64bits(folded, len);
    }
    memcpy(padded, folded, len);
    return word_hash_short(word_load(padded), word_load(padded + 8));
}

static uint32_t fold(uint32_t code, struct chars *chars)
{
    return chars ? chars_fold(chars, code) : text_fold(code);
}

/* A word may be as long as a text; it is folded piece by piece and hashed as one. */
static uint64_t hash_long(const uint8_t *p, size_t len, struct chars *chars)
{
    XXH3_state_t state;
    XXH3_INITSTATE(&state);
    XXH3_64bits_reset(&state);
    uint8_t folded[FOLDED_BYTES];
    size_t used = 0;
    for (size_t i = 0; i < len;) {
        uint32_t code;
        i += utf8_read(p + i, &code);
        used += utf8_write(folded + used, fold(code, chars));
        if (used > FOLDED_BYTES - 4) {
            XXH3_64bits_update(&state, folded, used);
            used = 0;
        }
    }
    XXH3_64bits_update(&state, folded, used);
    return XXH3_64bits_digest(&state);
}

uint64_t word_hash_folding(const uint8_t *at, size_t len, struct chars *chars)
{
    uint8_t folded[FOLDED_BYTES];
    size_t used = 0;
    if (len > FOLDED_BYTES / 2) { /* folding lengthens a character by one byte at most: two become three */
        return hash_long(at, len, chars);
    }
    for (size_t i = 0; i < len;) {
        uint32_t code;
        i += utf8_read(at + i, &code);
        used += utf8_write(folded + used, fold(code, chars));
    }
    return hash_folded(folded, used);
}

uint64_t word_hash(tamis_str text, uint32_t begin, uint32_t end)
{
    return word_hash_folding((const uint8_t *)text.at + begin, end - begin, NULL);
}

/* Up to FOLDED_BYTES, of which those beyond `len` become zeros. */
static void fold_ascii(uint8_t *folded, const uint8_t *at, size_t len)
{
    size_t i = 0;
    for (; i + 8 <= len; i += 8) {
        const uint64_t x = word_fold_eight(word_load(at + i));
        for (unsigned k = 0; k < 8; k++) {
            folded[i + k] = (uint8_t)(x >> 8 * k);
        }
    }
    for (; i < len; i++) {
        folded[i] = at[i] < 0x80 ? (uint8_t)text_fold(at[i]) : at[i];
    }
}

uint64_t word_hash_plain(const uint8_t *at, size_t len)
{
    uint8_t folded[FOLDED_BYTES];
    if (len <= FOLDED_BYTES) {
        fold_ascii(folded, at, len);
        return hash_folded(folded, len);
    }
    XXH3_state_t state;
    XXH3_INITSTATE(&state);
    XXH3_64bits_reset(&state);
    for (size_t i = 0; i < len;) {
        const size_t piece = len - i < FOLDED_BYTES ? len - i : FOLDED_BYTES;
        fold_ascii(folded, at + i, piece);
        XXH3_64bits_update(&state, folded, piece);
        i += piece;
    }
    return XXH3_64bits_digest(&state);
}

void word_hash_each(tamis_str text, const uint32_t *begin, const uint32_t *end, size_t count, uint64_t *hash)
{
    const uint8_t *const bytes = (const uint8_t *)text.at;
    uint8_t tail[2 * WORD_HASH_BYTES] = {0}; /* the last bytes of the text, and room to read on */
    const size_t tail_bytes = text.len < WORD_HASH_BYTES ? text.len : WORD_HASH_BYTES;
    const size_t tail_at = text.len - tail_bytes;
    memcpy(tail, bytes + tail_at, tail_bytes);
    for (size_t i = 0; i < count; i++) {
        const size_t len = end[i] - begin[i];
        const uint8_t *const at = begin[i] < tail_at ? bytes + begin[i] : tail + (begin[i] - tail_at);
        hash[i] = len <= WORD_HASH_BYTES ? word_hash_readable(at, len) : word_hash_plain(bytes + begin[i], len);
    }
}
