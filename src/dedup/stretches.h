/*
 * The documents of a ledger cut into stretches of even length, none across two parts: what threads share out among
 * them.
 */
#ifndef TAMIS_DEDUP_STRETCHES_H
#define TAMIS_DEDUP_STRETCHES_H

#include "run/ledger.h"

#define STRETCH_MOST 16384u /* documents */

struct stretch {
    size_t part;
    uint64_t from, end;      /* rows of the part */
    uint64_t keys, sketched; /* of its documents with keys the first, counted in the part; and how many there are */
};

struct stretches {
    struct stretch *at;
    uint64_t count;
};

bool stretches_init(struct stretches *s, const struct ledger *ledger) TAMIS_MUST_CHECK; /* false: no memory */
void stretches_release(struct stretches *s);

#endif
