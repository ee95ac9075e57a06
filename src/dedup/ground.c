/*
 * Tracts are mapped, not taken from the heap, so that what is released is the system's again at once. With small pages
 * most writes to thousands of places by turns would miss their translation, so large ones are asked for.
 */
#define _DEFAULT_SOURCE /* madvise, MAP_ANONYMOUS */
#include "dedup/ground.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define LARGE_PAGE ((size_t)2 << 20)
#define MOST_STEP ((size_t)32 << 20)

void ground_init(struct ground *g, uint64_t bytes)
{
    *g = (struct ground){.step = GROUND_LOT};
    while (g->step < MOST_STEP && g->step < bytes / 16) {
        g->step *= 2;
    }
    if (g->step < LARGE_PAGE && bytes >= LARGE_PAGE) {
        g->step = LARGE_PAGE;
    }
    pthread_mutex_init(&g->lock, NULL);
}

void ground_release(struct ground *g)
{
    while (g->first) {
        struct tract *const next = g->first->next;
        munmap(g->first->at, g->first->bytes);
        free(g->first);
        g->first = next;
    }
    pthread_mutex_destroy(&g->lock);
}

void ground_clear(struct ground *g)
{
    for (struct tract *t = g->first; t; t = t->next) {
        t->used = 0;
    }
    g->current = g->first;
}

/* `bytes` at a multiple of `align`; NULL when memory runs out. */
static char *map_aligned(size_t bytes, size_t align)
{
    char *const at = mmap(NULL, bytes + align, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) {
        return NULL;
    }
    const size_t before = (align - (uintptr_t)at % align) % align;
    if (before) {
        munmap(at, before);
    }
    munmap(at + before + bytes, align - before);
    return at + before;
}

static struct tract *add_tract(struct ground *g)
{
    struct tract *const t = malloc(sizeof *t);
    char *const at = t ? map_aligned(g->step, g->step < LARGE_PAGE ? GROUND_LOT : LARGE_PAGE) : NULL;
    if (!at) {
        free(t);
        return NULL;
    }
#ifdef MADV_HUGEPAGE
    if (g->step >= LARGE_PAGE) {
        (void)madvise(at, g->step, MADV_HUGEPAGE);
    }
#endif
    *t = (struct tract){.at = at, .bytes = g->step};
    *(g->last ? &g->last->next : &g->first) = t;
    g->last = t;
    return t;
}

char *ground_lot(struct ground *g)
{
    char *lot = NULL;
    pthread_mutex_lock(&g->lock);
    while (g->current && g->current->used == g->current->bytes) {
        g->current = g->current->next;
    }
    if (!g->current) {
        g->current = add_tract(g);
    }
    if (g->current) {
        lot = g->current->at + g->current->used;
        g->current->used += GROUND_LOT;
    }
    pthread_mutex_unlock(&g->lock);
    return lot;
}
