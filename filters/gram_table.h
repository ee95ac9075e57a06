/*
 * Hash tables and workspaces that keep their memory from one document to the next, for the repetition rules. A table
 * finds the place to look; its users decide by bytes or numbers what is equal.
 */
#ifndef TAMIS_FILTERS_GRAM_TABLE_H
#define TAMIS_FILTERS_GRAM_TABLE_H

#include <stdlib.h>
#include <string.h>

#include "tamis.h"

#define GRAM_KEPT ((size_t)1 << 18) /* what has up to so many elements is never given back */
#define GRAM_FAR_TOO_LARGE 16       /* times what is needed now */

/* Open addressing, at most half full. A slot counts only when its stamp is the table's: emptying costs nothing. */
struct gram_slot {
    uint64_t key;
    uint32_t value, stamp;
};

struct gram_table {
    struct gram_slot *slots;
    size_t mask; /* number of slots less one; 0: none yet */
    uint32_t stamp;
};

/* Empties the table and makes room. False: out of memory. */
static inline bool gram_table_begin(struct gram_table *t, size_t entries)
{
    size_t slots = 64;
    while (slots < entries * 2) {
        slots *= 2;
    }
    const bool too_large = t->mask >= GRAM_KEPT && t->mask / GRAM_FAR_TOO_LARGE >= slots;
    if (t->mask + 1 < slots || too_large) {
        free(t->slots);
        *t = (struct gram_table){.slots = calloc(slots, sizeof *t->slots)};
        t->mask = t->slots ? slots - 1 : 0;
    }
    if (t->slots && ++t->stamp == 0) {
        memset(t->slots, 0, (t->mask + 1) * sizeof *t->slots);
        t->stamp = 1;
    }
    return t->slots != NULL;
}

static inline struct gram_slot *gram_table_at(const struct gram_table *t, uint64_t hash)
{
    return &t->slots[hash & t->mask];
}

static inline bool gram_table_holds(const struct gram_table *t, const struct gram_slot *slot)
{
    return slot->stamp == t->stamp;
}

static inline struct gram_slot *gram_table_next(const struct gram_table *t, struct gram_slot *slot)
{
    return slot == t->slots + t->mask ? t->slots : slot + 1;
}

static inline void gram_table_put(const struct gram_table *t, struct gram_slot *slot, uint64_t key, uint32_t value)
{
    *slot = (struct gram_slot){key, value, t->stamp};
}

/* A new size for an array that must hold `needed` elements and holds `cap`; `cap` itself when it is good. */
static inline size_t gram_good_size(size_t needed, size_t cap)
{
    const bool too_large = cap > GRAM_KEPT && cap / GRAM_FAR_TOO_LARGE > needed;
    return needed > cap || too_large ? needed + needed / 2 + 64 : cap;
}

#endif
