/*
 * Shingles: the hashes of runs of lower-cased words, whose set defines similarity.
 *
 * Up to COMBINE_DIRECT words: their hashes, each turned by COMBINE_TURN bits more than the one behind it, are added
 * without carry, which is simple tabulation (Patrascu, Thorup, J. ACM 2012) with the word hash, turned, for the tables;
 * rolled along, a cyclic polynomial (Cohen, ACM TOIS 1997). Such sums of one word over and over lose a bit for each
 * word at worst, so that longer runs take the polynomial w[0] P^(size-1) + .. + w[size-1] modulo 2^64 instead. The
 * number of words is joined in, and the sum mixed. Memory is one u64 per word.
 */
#include <stdlib.h>
#include <string.h>

#include "sketch/sketch.h"
#include "sketch/sketch_kernels.h"
#include "text/text.h"

/* ---- Combining -------------------------------------------------------------------------------------------------- */

static inline uint64_t turn(uint64_t x, unsigned bits)
{
    return x << (bits & 63) | x >> (-bits & 63);
}

static inline uint64_t mix_direct(uint64_t sum, unsigned size)
{
    const uint64_t x = sum ^ size * COMBINE_COUNT;
    return (x ^ x >> 32) * COMBINE_MIX;
}

void combine_plain(const uint64_t *words, size_t count, unsigned size, uint64_t *shingles)
{
    if (size > COMBINE_DIRECT) {
        combine_long(words, count, size, shingles);
        return;
    }
    uint64_t rolling = 0;
    for (size_t i = 0; i + 1 < size; i++) {
        rolling = turn(rolling, COMBINE_TURN) ^ words[i];
    }
    for (size_t i = 0; i < count; i++) {
        rolling = turn(rolling, COMBINE_TURN) ^ words[i + size - 1];
        shingles[i] = mix_direct(rolling, size);
        rolling ^= turn(words[i], COMBINE_TURN * (size - 1));
    }
}

void combine_long(const uint64_t *words, size_t count, unsigned size, uint64_t *shingles)
{
    uint64_t rolling = 0, power = 1;
    for (size_t i = 0; i + 1 < size; i++) {
        rolling = rolling * COMBINE_POLYNOMIAL + words[i];
        power *= COMBINE_POLYNOMIAL;
    }
    for (size_t i = 0; i < count; i++) {
        rolling = rolling * COMBINE_POLYNOMIAL + words[i + size - 1];
        shingles[i] = hash_join(size, rolling);
        rolling -= words[i] * power;
    }
}

/* ---- Sorting ---------------------------------------------------------------------------------------------------- */

#define SMALL_SORT 32
#define SPREAD_MOST 4096
#define SPREAD_BUCKETS 1024

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

/* Hashes are spread evenly: by SPREAD_BITS of their bits nearly all is done, and the rest are near their places. */
static void sort_spread(uint64_t *at, size_t count, unsigned shift)
{
    uint64_t spread[SPREAD_MOST];
    uint32_t next[SPREAD_BUCKETS] = {0}, total = 0;
    for (size_t i = 0; i < count; i++) {
        next[at[i] >> shift & (SPREAD_BUCKETS - 1)]++;
    }
    for (size_t b = 0; b < SPREAD_BUCKETS; b++) {
        const uint32_t in_bucket = next[b];
        next[b] = total;
        total += in_bucket;
    }
    for (size_t i = 0; i < count; i++) {
        spread[next[at[i] >> shift & (SPREAD_BUCKETS - 1)]++] = at[i];
    }
    memcpy(at, spread, count * sizeof *at);
    sort_small(at, count);
}

/* In place, by one byte after the other from the top, as long as there are many. */
static void sort_hashes(uint64_t *at, size_t count, unsigned shift)
{
    if (count <= SMALL_SORT) {
        sort_small(at, count);
        return;
    }
    if (count <= SPREAD_MOST) {
        sort_spread(at, count, shift > 2 ? shift - 2 : 0); /* the bits above `shift` + 8 are the same in all */
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
    if (!s->kernels) {
        s->kernels = sketch_kernels(tamis_cpu_best());
    }
    if (words <= s->cap) {
        return true;
    }
    const size_t cap = words < 256 ? 256 : words + words / 4;
    free(s->at);
    s->at = malloc(cap * sizeof s->at[0]);
    s->cap = s->at ? cap : 0;
    return s->at != NULL;
}

bool shingles_make(struct shingles *s, tamis_text *text, unsigned size)
{
    const uint64_t *words;
    size_t count;
    s->count = 0;
    if (!text_word_hashes(text, &words, &count) || !reserve(s, count)) {
        return false;
    }
    if (count > 0) {
        const unsigned run = size < count ? size : (unsigned)count;
        s->count = count - run + 1;
        s->kernels->combine(words, s->count, run, s->at);
    }
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
