/*
 * Rounds of throws into slots: what the signatures of all instruction sets share.
 *
 * Round 0 throws a shingle into the slot that its high half, times the number of slots, names; its low half is the
 * value, and the smallest stays. Round r throws the shingle times an odd number of that round.
 */
#ifndef TAMIS_SKETCH_SIGNATURE_H
#define TAMIS_SKETCH_SIGNATURE_H

#include "sketch/sketch.h"

#define SLOT_EMPTY UINT32_MAX /* a slot whose smallest value is this one counts as empty: the next round decides */
#define SLOT_WORDS (SKETCH_MAX_SLOTS / 64)

struct rounds {
    const uint64_t *shingles;
    size_t count;
    unsigned slots;
    uint32_t *signature;
    uint64_t empty[SLOT_WORDS];  /* a bit for each slot that no earlier round has filled */
    uint64_t filled[SLOT_WORDS]; /* those of them that this round has */
};

static inline uint64_t round_factor(unsigned round)
{
    return hash_mix(round) | 1;
}

static inline unsigned slot_of(uint64_t thrown, unsigned slots)
{
    return (unsigned)(((thrown >> 32) * slots) >> 32);
}

/* A throw that falls into an empty slot. */
static inline void slot_fill(struct rounds *r, unsigned slot, uint32_t value)
{
    r->filled[slot / 64] |= (uint64_t)1 << slot % 64;
    if (value < r->signature[slot]) {
        r->signature[slot] = value;
    }
}

/* Throws all shingles times `factor`; calls slot_fill() for those that fall into an empty slot. */
typedef void (*round_throw)(struct rounds *r, uint64_t factor);

/* Fills the slots of r->empty, which round 0 has left at SLOT_EMPTY. */
void signature_refill(struct rounds *r, round_throw throw_all);

/* The round_throw of plain C. */
void throw_plain(struct rounds *r, uint64_t factor);

#endif
