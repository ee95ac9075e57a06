/*
 * The arithmetic on bitmaps behind count_signs(), shared by the vector files.
 *
 * A line that begins with "-" has white space, a line break or nothing before it: a byte up to 0x20, or the last byte
 * of a character beyond ASCII. "•" is E2 80 A2, "…" E2 80 A6.
 */
#ifndef TAMIS_FILTERS_TEXT_SIGNS_STEP_H
#define TAMIS_FILTERS_TEXT_SIGNS_STEP_H

#include "text_signs.h"

/* A bit per byte of a block. Behind the end of the text: zeros. */
struct sign_masks {
    uint64_t hash, dot, dash, newline;
    uint64_t edge;              /* bytes up to 0x20 and beyond ASCII */
    uint64_t e2, x80, xa2, xa6; /* bytes of these values */
};

/* What the block before ends in. */
struct sign_ends {
    uint64_t dot, edge, e2, x80;
};

/* Each bit where the byte one or two before it is. */
static inline uint64_t one_on(uint64_t mask, uint64_t before)
{
    return mask << 1 | before >> 63;
}

static inline uint64_t two_on(uint64_t mask, uint64_t before)
{
    return mask << 2 | before >> 62;
}

static inline uint64_t set_bits(uint64_t mask)
{
    return (uint64_t)__builtin_popcountll(mask);
}

static inline void add_signs(struct text_signs *s, const struct sign_masks *m, struct sign_ends *e)
{
    s->hashes += set_bits(m->hash);
    s->newlines += set_bits(m->newline);
    s->dots += set_bits(m->dot & one_on(m->dot, e->dot) & two_on(m->dot, e->dot));
    s->bullets += set_bits(m->dash & one_on(m->edge, e->edge));
    const uint64_t third = two_on(m->e2, e->e2) & one_on(m->x80, e->x80);
    s->ellipses += set_bits(third & m->xa6);
    s->bullets += set_bits(third & m->xa2);
    *e = (struct sign_ends){m->dot, m->edge, m->e2, m->x80};
}

/* Before the text there is an edge. */
static inline struct sign_ends sign_ends_first(void)
{
    return (struct sign_ends){.edge = (uint64_t)1 << 63};
}

#endif
