/*
 * The literal gate: one pass over a text tells which of many rules can match it at all. Each rule brings needles
 * (pattern_needs.h) of which a text that it matches must hold one.
 *
 * From every needle the four bytes in a row are taken that are rarest in prose. Needles are shared out to up to 32
 * buckets; for each of four neighbouring bytes a table says in which buckets it can stand, and where all four agree on
 * a bucket its needles are compared. Vector code tests the same with two tables of 16 per byte, by its halves, and may
 * let more through: what is found does not depend on the instruction set.
 */
#ifndef TAMIS_FILTERS_LITERAL_GATE_H
#define TAMIS_FILTERS_LITERAL_GATE_H

#include "pattern_needs.h"

#define GATE_SPAN 4        /* bytes looked at in each place */
#define GATE_GROUPS 4      /* of eight buckets */
#define GATE_NEEDLES 4096  /* the most that are looked for */
#define GATE_PLACES 1024   /* the most that are noted of one text */

struct gate_tables {
    uint32_t buckets[GATE_SPAN][256];             /* by byte: bits of the buckets it can stand in */
    uint8_t low[GATE_GROUPS][GATE_SPAN][16];      /* the same for eight buckets by the lower half of a byte .. */
    uint8_t high[GATE_GROUPS][GATE_SPAN][16];     /* .. and by the upper half */
    size_t groups;                                /* in use */
};

/*
 * Writes where a needle of some bucket may stand, from *from on, in order: as many places as there are up to the end,
 * or fewer when `room` (at least 64) might not do; *from moves on. Behind the end stand zeros.
 */
typedef size_t gate_kernel(const struct gate_tables *tables, tamis_str text, size_t *from, uint32_t *places,
                           size_t room);
gate_kernel gate_kernel_plain, gate_kernel_avx2, gate_kernel_avx512;

struct gate_place {
    uint32_t at;   /* where a needle of the rule begins */
    uint32_t lead; /* see struct needle */
    uint32_t rule;
};

/* What the gate says of one text. */
struct gate_found {
    uint64_t *rules; /* a bit for every rule that may match; rules without needles always may */
    struct gate_place places[GATE_PLACES]; /* of the other rules, almost in order */
    size_t place_count;
    bool more_places; /* not all are noted */
};

struct literal_gate;

/* One of `needs` for every rule; none: the rule is always let through. Nothing of them is kept. */
tamis_status literal_gate_new(struct literal_gate **gate, const struct needs *needs, size_t count, tamis_cpu cpu,
                              tamis_err *err) TAMIS_MUST_CHECK;
void literal_gate_free(struct literal_gate *gate); /* accepts NULL */
size_t literal_gate_words(size_t rules); /* 64-bit words that gate_found.rules needs */
void literal_gate_search(const struct literal_gate *gate, tamis_str text, struct gate_found *found);

static inline bool gate_lets(const struct gate_found *found, size_t rule)
{
    return found->rules[rule >> 6] >> (rule & 63u) & 1;
}

#endif
