/*
 * Disjoint sets of ranks. The root of a set is its smallest member: the one that comes first in keeper order.
 * With a ring the members of a set can be walked: from any of them, `ring` leads through all and back.
 */
#ifndef TAMIS_DEDUP_CLUSTERS_H
#define TAMIS_DEDUP_CLUSTERS_H

#include "tamis.h"

struct clusters {
    uint64_t *parent;
    uint64_t *ring; /* NULL: sets cannot be walked */
};

bool clusters_init(struct clusters *c, uint64_t count, bool walked) TAMIS_MUST_CHECK; /* false: no memory */
void clusters_release(struct clusters *c);
uint64_t clusters_root(struct clusters *c, uint64_t member);
void clusters_join(struct clusters *c, uint64_t a, uint64_t b);

#endif
