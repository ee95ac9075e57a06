/*
 * The n-grams of a text for the repetition rules: what they measure at most, found in two cheap passes over the tokens
 * (gopher_bounds.c), and exactly (gopher_counts.c).
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

struct grams {
    tamis_outline tokens;
    char *joined; /* and zeros behind it */
    size_t joined_cap;
    /* Columns, one element per token and some more. */
    uint32_t *columns;
    size_t cap;
    uint32_t *at;     /* where the token begins in `joined`, in bytes .. */
    uint32_t *chars;  /* .. and in characters */
    uint32_t *before; /* a token whose window begins with the same hash, and one; 0: none */
    uint32_t *again;  /* list of the tokens with such a token before them .. */
    uint32_t *reach;  /* .. and how many bytes are the same from there on, at most */
    uint32_t *brief;  /* list of the tokens at which so short an n-gram begins that it is no window */
    uint32_t *mark;   /* 1: the window may occur twice */
    uint32_t *list;   /* tokens at which an n-gram begins that may occur twice */
    uint32_t *number; /* first of these with the same bytes */
    uint32_t *gram;   /* first n-gram that is equal */
    uint32_t *times;  /* per first n-gram: how often it occurs */
    size_t again_count, brief_count;
    uint32_t *buckets; /* weights or numbers of n-grams */
    uint32_t *heads;   /* per hash of a window: the last token with it, see gopher_bounds.c */
    size_t buckets_cap, heads_cap;
    uint32_t base;
    struct gram_table table;
    bool has_joined, has_chars, has_marks, has_tops, has_cover[2], has_weight[GRAM_TOP_LAST + 1][2];
    uint64_t weight[GRAM_TOP_LAST + 1][2]; /* per n, in bytes and in characters */
    uint64_t cover[GRAM_DUPLICATED_LAST + 1][2];
    uint64_t top[GRAM_TOP_LAST + 1];
};

void grams_begin(struct grams *g); /* forgets the text before */
void grams_release(struct grams *g);

/* Bytes or characters of the joined text: the first are known at once, the second are what the rules are about. */
enum grams_unit { GRAMS_BYTES, GRAMS_CHARS };

/* *most: occurrences times length (with n - 1 gaps) of any n-gram are not more. */
bool grams_top_bound(struct grams *g, tamis_text *text, size_t n, enum grams_unit unit, uint64_t *most);
/* The same from pairs alone: less work, and higher. */
bool grams_top_rough(struct grams *g, tamis_text *text, size_t n, enum grams_unit unit, uint64_t *most);
/* *most: the duplicated n-grams do not have more in them. */
bool grams_duplicated_bound(struct grams *g, tamis_text *text, size_t n, enum grams_unit unit, uint64_t *most);

/* Occurrences times characters (with n - 1 gaps) of the most frequent n-gram, of several the first; 0: none. */
bool grams_top(struct grams *g, tamis_text *text, size_t n, uint64_t *chars);
/* Characters in n-grams that were met before, where each that was is stepped over as a whole. */
bool grams_duplicated(struct grams *g, tamis_text *text, size_t n, uint64_t *chars);

/* What both sources share. */
enum { GRAMS_WINDOW = 12 }; /* bytes */
bool grams_join(struct grams *g, tamis_text *text);
bool grams_join_chars(struct grams *g, tamis_text *text);
/* Lists anew what begins like something earlier (`again`, `before`) or is short (`brief`). */
bool grams_find_windows(struct grams *g, tamis_text *text);
bool grams_reserve_buckets(struct grams *g, size_t count); /* not emptied */

#endif
