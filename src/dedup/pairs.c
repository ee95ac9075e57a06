/*
 * Open addressing with linear probing, at most three quarters full. Growing takes half as much again for a moment.
 */
#include "dedup/pairs.h"

#include <stdlib.h>
#include <string.h>

#include "core/hash.h"

#define LEAST_SLOTS 2048u

void pairs_init(struct pairs *p, struct sorter *sorter, size_t memory)
{
    *p = (struct pairs){.sorter = sorter, .most = LEAST_SLOTS};
    while (p->most <= memory / sizeof *p->slots / 3) {
        p->most *= 2;
    }
}

void pairs_release(struct pairs *p)
{
    free(p->slots);
    p->slots = NULL;
    p->count = p->room = 0;
}

static size_t first_slot(const struct pairs *p, struct pair pair)
{
    return (size_t)hash_mix(pair_pack(pair.later) ^ pair.earlier) & (p->room - 1);
}

void pairs_expect(const struct pairs *p, struct pair pair)
{
    if (p->room) {
        __builtin_prefetch(&p->slots[first_slot(p, pair)]);
    }
}

/* The pair's slot, or the free one where it belongs. */
static struct pair *find(const struct pairs *p, struct pair pair)
{
    size_t i = first_slot(p, pair);
    while (p->slots[i].later && (p->slots[i].later != pair.later || p->slots[i].earlier != pair.earlier)) {
        i = (i + 1) & (p->room - 1);
    }
    return &p->slots[i];
}

static tamis_status drain(const struct pairs *p, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    for (size_t i = 0; !status && i < p->room; i++) {
        if (p->slots[i].later) {
            status = sorter_add(p->sorter, (const uint64_t[]){pair_pack(p->slots[i].later), p->slots[i].earlier}, err);
        }
    }
    return status;
}

/* False when memory runs out. */
static bool grow(struct pairs *p)
{
    const struct pairs old = *p;
    p->room = old.room ? 2 * old.room : LEAST_SLOTS;
    p->slots = calloc(p->room, sizeof *p->slots);
    if (!p->slots) {
        *p = old;
        return false;
    }
    for (size_t i = 0; i < old.room; i++) {
        if (old.slots[i].later) {
            *find(p, old.slots[i]) = old.slots[i];
        }
    }
    free(old.slots);
    return true;
}

static tamis_status make_room(struct pairs *p, tamis_err *err)
{
    if (p->room < p->most) {
        return grow(p) ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for pairs of documents; close other "
                                               "programs or lower --memory");
    }
    const tamis_status status = drain(p, err);
    memset(p->slots, 0, p->room * sizeof *p->slots);
    p->count = 0;
    return status;
}

tamis_status pairs_add(struct pairs *p, struct pair pair, bool *fresh, tamis_err *err)
{
    *fresh = false;
    if (p->count >= p->room / 4 * 3) {
        const tamis_status status = make_room(p, err);
        if (status) {
            return status;
        }
    }
    struct pair *const slot = find(p, pair);
    if (!slot->later) {
        *slot = pair;
        p->count++;
        *fresh = true;
    }
    return TAMIS_OK;
}

tamis_status pairs_finish(struct pairs *p, tamis_err *err)
{
    const tamis_status status = drain(p, err);
    pairs_release(p);
    return status;
}
