/*
 * Factors: short sequences of byte classes, sets of them, and how often text is likely to hold one of a set. A set
 * stands for "one of these": what a pattern may match in a place, or what every match of it holds.
 */
#ifndef TAMIS_FILTERS_FACTORS_H
#define TAMIS_FILTERS_FACTORS_H

#include "tamis.h"

#define FACTOR_BYTES 16    /* the longest sequence */
#define FACTORS_JOINED 64  /* the largest product of two sets */
#define FACTORS_UNITED 192 /* the largest union */

struct byte_class {
    uint64_t bits[4]; /* bit b % 64 of word b / 64: byte b is a member */
};

struct factor {
    uint16_t at[FACTOR_BYTES]; /* numbers of classes; below 256: that byte alone */
    uint16_t len;
    uint32_t lead; /* how many bytes behind the begin of a match it may begin, where that is known; see need.h */
};

/* Memory is the space's and lives as long. */
struct factors {
    const struct factor *at;
    size_t count;
};

struct factor_block;

/* Owns classes and sets. Starts zeroed. */
struct factor_space {
    struct byte_class *classes;
    size_t class_count, class_cap;
    struct factor_block *blocks;
    size_t bytes;
    bool failed; /* too much memory was needed, or there is none: what came of it must not be used */
};

void factor_space_release(struct factor_space *space);

static inline void byte_class_add(struct byte_class *class, unsigned char byte)
{
    class->bits[byte >> 6] |= (uint64_t)1 << (byte & 63u);
}

static inline bool byte_class_has(const struct byte_class *class, unsigned char byte)
{
    return class->bits[byte >> 6] >> (byte & 63u) & 1;
}

struct byte_class factor_class(const struct factor_space *space, uint16_t number);
/* The number of a class that is not empty. */
uint16_t factor_class_number(struct factor_space *space, struct byte_class class);

/* A set of one sequence. */
struct factors factors_one(struct factor_space *space, const struct factor *factor);
/* Every sequence of `a` followed by every one of `b`. False: that would be too many, or too long ones. */
bool factors_join(struct factor_space *space, struct factors a, struct factors b, struct factors *joined);
bool factors_unite(struct factor_space *space, struct factors a, struct factors b, struct factors *united);
/* Without sequences that hold another one of the set (`ends`: that end in another one). */
struct factors factors_least(struct factor_space *space, struct factors set, bool ends);
/* The last (`ends`) or first `len` classes of every sequence, each once. */
struct factors factors_cut(struct factor_space *space, struct factors set, size_t len, bool ends);
/* Every sequence with this lead, or with so much more (`add`); not above UINT32_MAX. */
struct factors factors_led(struct factor_space *space, struct factors set, uint32_t lead, bool add);
size_t factors_shortest(struct factors set); /* SIZE_MAX of none */
size_t factors_longest(struct factors set);
/*
 * Hits that one byte of prose is expected to bring, by how frequent bytes are, and what looking for so many sequences
 * costs, in hits; infinite when a sequence is empty.
 */
double factors_cost(const struct factor_space *space, struct factors set);
/* The chance that a byte of prose is in `class`. */
double byte_class_chance(const struct byte_class *class);

#endif
