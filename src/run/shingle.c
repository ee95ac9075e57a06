/*
 * Shingles: the hashes of runs of lower-cased words, whose set defines similarity.
 *
 * A word is hashed by XXH3-64 of its UTF-8 after simple case folding. The hashes w of `size` words in a row combine to
 * the polynomial w[0] P^(size-1) + .. + w[size-1] modulo 2^64, rolled along the text, joined with the number of words
 * in it and mixed. Memory is one u64 per word.
 */
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL /* words are short: the call would cost more than the hash */
#include <xxhash.h>

#include "run/sketch.h"
#include "run/text.h"

#define POLYNOMIAL 0xd1342543de82ef95u /* odd; any odd number with well-mixed bits would do */
#define FOLDED_BYTES 256

/* ---- Words ------------------------------------------------------------------------------------------------------ */

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

/* A word may be as long as a text; it is folded piece by piece and hashed as one. */
static uint64_t hash_long_word(const uint8_t *p, size_t len)
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

static uint64_t hash_wide_word(const uint8_t *p, size_t len)
{
    uint8_t folded[FOLDED_BYTES];
    size_t used = 0;
    if (len > FOLDED_BYTES / 2) { /* folding lengthens a character by one byte at most: two become three */
        return hash_long_word(p, len);
    }
    for (size_t i = 0; i < len;) {
        uint32_t code;
        i += utf8_read(p + i, &code);
        used += utf8_write(folded + used, text_fold(code));
    }
    return XXH3_64bits(folded, used);
}

/* Eight ASCII letters to lower case: a byte from 'A' on, but not beyond 'Z', gets bit 5. */
static inline uint64_t fold_eight(uint64_t x)
{
    const uint64_t each = 0x0101010101010101u;
    const uint64_t low = x & 0x7f * each;
    const uint64_t from_a = low + (0x80 - 'A') * each, beyond_z = low + (0x7f - 'Z') * each;
    return x | (((from_a & ~beyond_z) & 0x80 * each) >> 2);
}

/* `readable` bytes may be read from `p`, which is more than the word where text follows. */
static uint64_t hash_ascii_word(const uint8_t *p, size_t len, size_t readable)
{
    uint64_t folded[FOLDED_BYTES / 8];
    if (len > FOLDED_BYTES) {
        return hash_long_word(p, len);
    }
    if (len <= 16 && readable >= 16) {
        memcpy(folded, p, 16);
        folded[0] = fold_eight(folded[0]);
        folded[1] = fold_eight(folded[1]);
        return XXH3_64bits(folded, len);
    }
    memcpy(folded, p, len);
    for (size_t i = 0; i * 8 < len; i++) {
        folded[i] = fold_eight(folded[i]);
    }
    return XXH3_64bits(folded, len);
}

static inline uint64_t hash_word(tamis_str text, const tamis_token *token)
{
    const uint8_t *const p = (const uint8_t *)text.at + token->at;
    return token->chars == token->bytes ? hash_ascii_word(p, token->bytes, text.len - token->at)
                                        : hash_wide_word(p, token->bytes);
}

/* ---- Sorting ---------------------------------------------------------------------------------------------------- */

#define SMALL_SORT 32

static void sort_small(uint64_t *at, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const uint64_t x = at[i];
        size_t j = i;
        for (; j > 0 && at[j - 1] > x; j--) {
            at[j] = at[j - 1];
        }
        at[j] = x;
    }
}

/* In place, by one byte after the other from the top: hashes are spread evenly, so one level mostly does it. */
static void sort_hashes(uint64_t *at, size_t count, unsigned shift)
{
    if (count <= SMALL_SORT) {
        sort_small(at, count);
        return;
    }
    size_t next[256] = {0}, end[256];
    for (size_t i = 0; i < count; i++) {
        next[at[i] >> shift & 255]++;
    }
    for (size_t b = 0, total = 0; b < 256; b++) {
        const size_t in_bucket = next[b];
        next[b] = total;
        total += in_bucket;
        end[b] = total;
    }
    for (size_t b = 0; b < 256; b++) {
        while (next[b] < end[b]) {
            const uint64_t x = at[next[b]];
            const size_t home = x >> shift & 255;
            at[next[b]] = at[next[home]];
            at[next[home]++] = x;
        }
    }
    for (size_t b = 0, begin = 0; shift > 0 && b < 256; begin = end[b++]) {
        sort_hashes(at + begin, end[b] - begin, shift - 8);
    }
}

static size_t drop_repeats(uint64_t *at, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || at[i] != at[kept - 1]) {
            at[kept++] = at[i];
        }
    }
    return kept;
}

/* ---- Sets ------------------------------------------------------------------------------------------------------- */

void shingles_release(struct shingles *s)
{
    free(s->at);
    *s = (struct shingles){0};
}

static bool reserve(struct shingles *s, size_t words)
{
    if (words <= s->cap) {
        return true;
    }
    const size_t cap = words < 256 ? 256 : words + words / 4;
    shingles_release(s);
    s->at = malloc(cap * sizeof s->at[0]);
    s->cap = s->at ? cap : 0;
    return s->at != NULL;
}

/* From `words` word hashes to words - size + 1 shingles, in place: shingle i is written where word i stood. */
static size_t combine(uint64_t *at, size_t words, size_t size)
{
    uint64_t rolling = 0, power = 1;
    for (size_t i = 0; i < size; i++) {
        rolling = rolling * POLYNOMIAL + at[i];
        power *= POLYNOMIAL;
    }
    for (size_t i = 0;; i++) {
        const uint64_t leaves = at[i];
        at[i] = hash_join(size, rolling);
        if (i + size == words) {
            return i + 1;
        }
        rolling = rolling * POLYNOMIAL + at[i + size] - leaves * power;
    }
}

bool shingles_make(struct shingles *s, tamis_text *text, unsigned size)
{
    s->count = 0;
    const tamis_tokens tokens = tamis_text_tokens(text);
    if (tamis_text_failed(text) || !reserve(s, tokens.words)) {
        return false;
    }
    const tamis_str bytes = tamis_text_bytes(text);
    size_t words = 0;
    for (size_t i = 0; i < tokens.count; i++) {
        if (tokens.at[i].is & TAMIS_TOKEN_WORD) {
            s->at[words++] = hash_word(bytes, &tokens.at[i]);
        }
    }
    if (words == 0) {
        return true;
    }
    s->count = combine(s->at, words, size < words ? size : words);
    return true;
}

void shingles_sort(struct shingles *s)
{
    sort_hashes(s->at, s->count, 56);
    s->count = drop_repeats(s->at, s->count);
}

void shingles_compare(const struct shingles *a, const struct shingles *b, uint64_t *common, uint64_t *either)
{
    uint64_t both = 0;
    for (size_t i = 0, j = 0; i < a->count && j < b->count;) {
        const uint64_t x = a->at[i], y = b->at[j];
        both += x == y;
        i += x <= y;
        j += y <= x;
    }
    *common = both;
    *either = a->count + b->count - both;
}
