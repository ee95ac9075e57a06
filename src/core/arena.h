/*
 * A bump allocator: memory of one batch or one thread, freed as a whole. Addresses stay put.
 */
#ifndef TAMIS_CORE_ARENA_H
#define TAMIS_CORE_ARENA_H

#include "tamis.h"

struct arena_block;

struct arena {
    struct arena_block *blocks; /* newest first */
    size_t used;                /* bytes handed out since the last clear */
};

void arena_init(struct arena *a);
void arena_release(struct arena *a);
void arena_clear(struct arena *a); /* keeps one block, as large as all were together, up to 64 MiB */
void *arena_alloc(struct arena *a, size_t bytes) TAMIS_MUST_CHECK; /* 16-byte aligned, not zeroed; NULL: no memory */
void *arena_zeroed(struct arena *a, size_t count, size_t bytes) TAMIS_MUST_CHECK; /* `count` elements, zeroed */
/*
 * At least `bytes` free bytes, aligned the same; NULL: no memory. They stay free: the next call of any kind hands them
 * out, but for those that arena_take() has claimed since.
 */
char *arena_room(struct arena *a, size_t bytes) TAMIS_MUST_CHECK;
void arena_take(struct arena *a, size_t bytes); /* of the last arena_room(), no more than it asked for */
char *arena_strdup(struct arena *a, tamis_str s) TAMIS_MUST_CHECK; /* NUL-terminated copy; NULL: no memory */
/* Copies `s`; on success *copy points into the arena. */
bool arena_copy(struct arena *a, tamis_str s, tamis_str *copy) TAMIS_MUST_CHECK;

#endif
