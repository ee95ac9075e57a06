/*
 * The loops over all tokens of a text, one kernel per instruction set: joining, weighing pairs, and the links by which
 * equal n-grams are found (gopher_counts.c says how). What kernels find may differ in what looks equal by chance, and
 * never in a value.
 */
#ifndef TAMIS_FILTERS_GOPHER_KERNEL_H
#define TAMIS_FILTERS_GOPHER_KERNEL_H

#include "gopher_grams.h"

enum {
    GRAMS_N = GRAM_DUPLICATED_FIRST,
    GRAMS_WINDOW = 12, /* bytes, 8 to 16 */
    GRAMS_FLAGS = 32,  /* tokens to a word of flags */
    GRAMS_SLACK = 64   /* zeros behind the joined text, for loads that reach beyond it */
};

/* Bytes by which tokens are put into the table on each level. */
#define GRAMS_WINDOWS {GRAMS_WINDOW, 8, 5}

#define GRAMS_ODD 0x9fb21c651e98df25u /* well-mixed odd numbers; any would do */
#define GRAMS_ODD_TOO 0xd6e8feb86659fd93u

struct gram_kernel {
    /* Fills `joined` and `at`. */
    void (*join)(struct grams *g, tamis_str text);
    /* Adds to the bucket of each n-gram its length, gaps included; returns the most in one. All are 0 before. */
    uint32_t (*weigh)(struct grams *g, size_t n, const uint32_t *at, unsigned bits);
    /* Links all tokens by their first bytes and flags those with one before them. Lists those of the next level. */
    size_t (*link)(struct grams *g, unsigned bits);
    /* The same for the listed tokens on a next level; leaves those on the list that are on the level behind it, too. */
    size_t (*link_brief)(struct grams *g, size_t listed, size_t level, unsigned bits);
    /* Lists the flagged tokens but for most that are flagged by chance, and for each grams_first(). */
    size_t (*list)(struct grams *g);
    /* Finds the candidates among the listed tokens, as far as there are steps left. */
    void (*find_reaches)(struct grams *g, size_t listed);
    /* What duplicated n-grams have in them by `place`, as far as there are steps left. */
    uint64_t (*walk)(struct grams *g, size_t n, const uint32_t *place);
};

extern const struct gram_kernel gram_plain, gram_avx512; /* the latter on x86-64 */

const struct gram_kernel *gram_kernel_for(tamis_cpu cpu);

static inline uint64_t gram_load8(const char *at)
{
    uint64_t x;
    memcpy(&x, at, sizeof x);
    return x;
}

/* How many of `most` bytes are the same at `a` and at `b`. There is room to read 8 bytes more. */
static inline uint32_t gram_common(const char *a, const char *b, uint32_t most)
{
    for (uint32_t same = 0; same < most; same += 8) {
        const uint64_t differs = gram_load8(a + same) ^ gram_load8(b + same);
        if (differs) {
            const bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
            same += (uint32_t)(little ? __builtin_ctzll(differs) : __builtin_clzll(differs)) / 8;
            return same < most ? same : most;
        }
    }
    return most;
}

static inline uint32_t grams_bytes_of(const struct grams *g, size_t i, size_t n)
{
    return g->at[i + n] - g->at[i];
}

/* Where an n-gram of 5 tokens may begin. */
static inline size_t grams_starts(const struct grams *g)
{
    return g->tokens.count < GRAMS_N ? 0 : g->tokens.count - GRAMS_N + 1;
}

/* Per listed token the one before it, and one, from which on to look on the first level; 0: none. */
static inline uint32_t *grams_first(const struct grams *g)
{
    return g->skipped;
}

static inline uint32_t *grams_flags(const struct grams *g)
{
    return g->times;
}

#endif
