/*
 * A chain of blocks, each twice as large as the one before it up to a bound, or as large as the piece that asked for
 * it. Clearing melts the chain into one block, so that a batch like the last one needs no allocation at all.
 */
#include "core/arena.h"

#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 16u
#define SMALLEST_BLOCK ((size_t)16 << 10)
#define LARGEST_STEP ((size_t)16 << 20) /* blocks grow by doubling up to here */
#define KEPT_AT_MOST ((size_t)64 << 20)

struct arena_block {
    _Alignas(ALIGNMENT) struct arena_block *older;
    size_t cap, used; /* bytes after this header */
};

static struct arena_block *block_new(size_t cap, struct arena_block *older)
{
    struct arena_block *block = malloc(sizeof(*block) + cap);
    if (block != NULL) {
        *block = (struct arena_block){.older = older, .cap = cap};
    }
    return block;
}

static void free_chain(struct arena_block *block)
{
    while (block != NULL) {
        struct arena_block *older = block->older;
        free(block);
        block = older;
    }
}

void arena_init(struct arena *a)
{
    *a = (struct arena){0};
}

void arena_release(struct arena *a)
{
    free_chain(a->blocks);
    arena_init(a);
}

void arena_clear(struct arena *a)
{
    a->used = 0;
    if (a->blocks == NULL) {
        return;
    }
    size_t total = 0;
    for (const struct arena_block *block = a->blocks; block != NULL; block = block->older) {
        total += block->cap;
    }
    if (a->blocks->older == NULL && total <= KEPT_AT_MOST) {
        a->blocks->used = 0;
        return;
    }
    free_chain(a->blocks);
    a->blocks = block_new(total < KEPT_AT_MOST ? total : KEPT_AT_MOST, NULL);
}

static bool add_block(struct arena *a, size_t bytes)
{
    size_t cap = SMALLEST_BLOCK;
    if (a->blocks != NULL) {
        cap = a->blocks->cap < LARGEST_STEP / 2 ? a->blocks->cap * 2 : LARGEST_STEP;
    }
    struct arena_block *block = block_new(bytes > cap ? bytes : cap, a->blocks);
    if (block == NULL) {
        return false;
    }
    a->blocks = block;
    return true;
}

static size_t round_up(size_t bytes)
{
    return bytes == 0 ? ALIGNMENT : (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

char *arena_room(struct arena *a, size_t bytes)
{
    if (bytes > SIZE_MAX / 2) {
        return NULL;
    }
    const size_t rounded = round_up(bytes);
    if ((a->blocks == NULL || a->blocks->cap - a->blocks->used < rounded) && !add_block(a, rounded)) {
        return NULL;
    }
    return (char *)(a->blocks + 1) + a->blocks->used;
}

void arena_take(struct arena *a, size_t bytes)
{
    const size_t rounded = round_up(bytes);
    a->blocks->used += rounded;
    a->used += rounded;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
    char *const at = arena_room(a, bytes);
    if (at != NULL) {
        arena_take(a, bytes);
    }
    return at;
}

void *arena_zeroed(struct arena *a, size_t count, size_t bytes)
{
    void *const at = bytes == 0 || count <= SIZE_MAX / bytes ? arena_alloc(a, count * bytes) : NULL;
    return at != NULL ? memset(at, 0, count * bytes) : NULL;
}

char *arena_strdup(struct arena *a, tamis_str s)
{
    char *copy = s.len < SIZE_MAX ? arena_alloc(a, s.len + 1) : NULL;
    if (copy == NULL) {
        return NULL;
    }
    if (s.len > 0) {
        memcpy(copy, s.at, s.len);
    }
    copy[s.len] = '\0';
    return copy;
}

bool arena_copy(struct arena *a, tamis_str s, tamis_str *copy)
{
    char *at = arena_alloc(a, s.len);
    if (at == NULL) {
        return false;
    }
    if (s.len > 0) {
        memcpy(at, s.at, s.len);
    }
    *copy = (tamis_str){at, s.len};
    return true;
}
