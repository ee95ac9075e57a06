/*
 * Arrays of numbers of 40 bits: 5 bytes each, and no number at all. Neighbours may be set from several threads.
 */
#ifndef TAMIS_CORE_NARROW_H
#define TAMIS_CORE_NARROW_H

#include <stdlib.h>

#include "tamis.h"

#define NARROW_NONE UINT64_MAX
#define NARROW_LIMIT (((uint64_t)1 << 40) - 1) /* numbers lie below */

/* What is stored is the complement, so that pages nobody has written to hold NARROW_NONE. */
struct narrow {
    uint32_t *low;
    uint8_t *high;
};

static inline void narrow_release(struct narrow *n)
{
    free(n->low);
    free(n->high);
    *n = (struct narrow){0};
}

/* Room for `count`, all NARROW_NONE; false when memory runs out. */
static inline bool narrow_init(struct narrow *n, uint64_t count)
{
    *n = (struct narrow){.low = calloc(count ? count : 1, sizeof *n->low), .high = calloc(count ? count : 1, 1)};
    if (!n->low || !n->high) {
        narrow_release(n);
        return false;
    }
    return true;
}

static inline uint64_t narrow_get(const struct narrow *n, uint64_t i)
{
    const uint64_t number = NARROW_LIMIT - ((uint64_t)n->high[i] << 32 | n->low[i]);
    return number == NARROW_LIMIT ? NARROW_NONE : number;
}

static inline void narrow_set(struct narrow *n, uint64_t i, uint64_t number)
{
    n->low[i] = ~(uint32_t)number;
    n->high[i] = (uint8_t)~(number >> 32);
}

#endif
