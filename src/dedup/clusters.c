/*
 * Union-find with path halving; the smaller root wins, so that the outcome does not depend on the order of joins.
 */
#include "dedup/clusters.h"

#include <stdlib.h>

bool clusters_init(struct clusters *c, uint64_t count, bool walked)
{
    const size_t bytes = (count ? count : 1) * sizeof(uint64_t);
    *c = (struct clusters){.parent = malloc(bytes), .ring = walked ? malloc(bytes) : NULL};
    if (!c->parent || (walked && !c->ring)) {
        clusters_release(c);
        return false;
    }
    for (uint64_t i = 0; i < count; i++) {
        c->parent[i] = i;
        if (walked) {
            c->ring[i] = i;
        }
    }
    return true;
}

void clusters_release(struct clusters *c)
{
    free(c->parent);
    free(c->ring);
    *c = (struct clusters){0};
}

uint64_t clusters_root(struct clusters *c, uint64_t member)
{
    while (c->parent[member] != member) {
        c->parent[member] = c->parent[c->parent[member]];
        member = c->parent[member];
    }
    return member;
}

void clusters_join(struct clusters *c, uint64_t a, uint64_t b)
{
    a = clusters_root(c, a);
    b = clusters_root(c, b);
    if (a == b) {
        return;
    }
    if (a < b) {
        c->parent[b] = a;
    } else {
        c->parent[a] = b;
    }
    if (c->ring) { /* exchanging two links makes one ring of two */
        const uint64_t next = c->ring[a];
        c->ring[a] = c->ring[b];
        c->ring[b] = next;
    }
}
