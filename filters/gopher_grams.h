/*
 * The n-grams of a text for the repetition rules: what the most frequent weigh at most (gopher_bounds.c), and all of
 * them exactly (gopher_counts.c).
 *
 * Most frequent n-grams (n = 2, 3, 4) are equal when their tokens are. Duplicated n-grams (n = 5 to 10) are equal when
 * their bytes are, with nothing between the tokens: "a bc" is equal to "ab c". All of them work on the joined text, the
 * bytes of all tokens with nothing between them.
 *
 * Each function makes what it needs on first use. False, or a failed text: out of memory.
 */
#ifndef TAMIS_FILTERS_GOPHER_GRAMS_H
#define TAMIS_FILTERS_GOPHER_GRAMS_H

#include "gram_table.h"

enum { GRAM_TOP_FIRST = 2, GRAM_TOP_LAST = 4, GRAM_DUPLICATED_FIRST = 5, GRAM_DUPLICATED_LAST = 10 };

enum { GRAMS_LEVELS = 3 };

struct gram_kernel; /* gopher_kernel.h */

struct grams {
    const struct gram_kernel *kernel; /* set once, before all else */
    tamis_outline tokens;
    char *joined; /* and zeros behind it */
    size_t joined_cap;
    /* Columns, one element per token and some more. */
    uint32_t *columns;
    size_t cap;
    uint32_t *at;                   /* where the token begins in `joined`, in bytes .. */
    uint32_t *chars;                /* .. and in characters */
    uint32_t *before[GRAMS_LEVELS]; /* per level: the last token before with the same hash, and one; 0: none */
    uint32_t *candidate;            /* list of the tokens at which a duplicated n-gram may begin .. */
    uint32_t *reach;                /* .. and for how many bytes from there on the text is a repetition, at most */
    uint32_t *list;                 /* tokens to look at */
    uint32_t *times;                /* per first n-gram: how often it occurs */
    uint32_t *skipped;              /* the last walk in which the token was stepped over */
    size_t candidates, repeated, steps; /* how many; bytes they reach over; comparisons left */
    enum { GRAMS_NOT_SEARCHED, GRAMS_SEARCHED, GRAMS_TOO_MANY } search; /* for candidates */
    uint32_t *buckets; /* weights or numbers of n-grams */
    uint32_t *heads;   /* per hash: the last token with it, see gopher_counts.c */
    size_t buckets_cap, heads_cap;
    uint32_t base, walk;
    struct gram_table table;
    bool has_joined, has_chars, has_weight;
    uint64_t weight; /* of pairs, in bytes */
};

void grams_open(struct grams *g, tamis_cpu cpu); /* of zeros */
void grams_begin(struct grams *g); /* forgets the text before */
void grams_release(struct grams *g);

/* Bytes or characters of the joined text: the first are known at once, the second are what the rules are about. */
enum grams_unit { GRAMS_BYTES, GRAMS_CHARS };

/* *most: occurrences times length (with n - 1 gaps) of any n-gram are not more, by one look for every n, in bytes .. */
bool grams_top_bound(struct grams *g, tamis_text *text, size_t n, uint64_t *most);
/* .. and by one for this n, which comes nearer. */
bool grams_top_weight(struct grams *g, tamis_text *text, size_t n, enum grams_unit unit, uint64_t *most);

/* *bytes: the duplicated n-grams, for any n, do not have more in them. */
bool grams_duplicated_bound(struct grams *g, tamis_text *text, uint64_t *bytes);

/* Occurrences times characters (with n - 1 gaps) of the most frequent n-gram, of several the first; 0: none. */
bool grams_top(struct grams *g, tamis_text *text, size_t n, uint64_t *chars);
/* What n-grams have in them that were met before, where each that was is stepped over as a whole. */
bool grams_duplicated(struct grams *g, tamis_text *text, size_t n, enum grams_unit unit, uint64_t *sum);

/* What both sources share. */
bool grams_join(struct grams *g, tamis_text *text);
bool grams_join_chars(struct grams *g, tamis_text *text);
bool grams_reserve_buckets(struct grams *g, size_t count); /* not emptied */
unsigned grams_bucket_bits(size_t least); /* leading bits of a hash that choose among at least `least` buckets */

/* Of `n` tokens in a row. n: 2 to 4, a constant where speed matters. */
static inline uint64_t grams_hash(const uint64_t *hash, size_t n)
{
    uint64_t h = hash[0] ^ (hash[1] << 32 | hash[1] >> 32);
    h ^= n > 2 ? hash[2] << 16 | hash[2] >> 48 : 0;
    h ^= n > 3 ? hash[3] << 48 | hash[3] >> 16 : 0;
    return h;
}

#endif
