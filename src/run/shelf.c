/* See shelf.h. Texts lie one after the other in slabs, so that they cost what they hold. */
#include "run/shelf.h"

#include <stdlib.h>
#include <string.h>

#define SLAB ((size_t)32 << 20)
#define FORESEEN ((uint64_t)8 << 20) /* bytes that tell how much all will be */

struct slab {
    struct slab *before;
    size_t used, bytes;
};

struct shelf {
    uint64_t most, disk;
    uint64_t held;
    struct slab *slab; /* the last one */
    struct shelved *at;
    size_t count, cap;
    bool whole, abandoned;
};

struct shelf *shelf_new(uint64_t most, uint64_t disk)
{
    struct shelf *const shelf = calloc(1, sizeof *shelf);
    if (shelf) {
        *shelf = (struct shelf){.most = most, .disk = disk};
    }
    return shelf;
}

static void empty(struct shelf *shelf)
{
    while (shelf->slab) {
        struct slab *const before = shelf->slab->before;
        free(shelf->slab);
        shelf->slab = before;
    }
    free(shelf->at);
    shelf->at = NULL;
    shelf->count = shelf->cap = 0;
}

void shelf_free(struct shelf *shelf)
{
    if (shelf) {
        empty(shelf);
        free(shelf);
    }
}

void shelf_abandon(struct shelf *shelf)
{
    if (shelf) {
        empty(shelf);
        shelf->abandoned = true;
        shelf->whole = false;
    }
}

static bool new_slab(struct shelf *shelf, size_t bytes)
{
    const size_t least = sizeof(struct slab) + bytes, size = least > SLAB ? least : SLAB;
    struct slab *const slab = malloc(size);
    if (!slab) {
        return false;
    }
    *slab = (struct slab){.before = shelf->slab, .used = sizeof *slab, .bytes = size};
    shelf->slab = slab;
    return true;
}

/* A copy with room for the NUL and the padding that chunks have; NULL: out of memory. */
static char *copy(struct shelf *shelf, tamis_str bytes)
{
    const size_t room = bytes.len + BUF_PADDING + 1; /* chunks are a megabyte, so nothing is aligned */
    if ((!shelf->slab || shelf->slab->bytes - shelf->slab->used < room) && !new_slab(shelf, room)) {
        return NULL;
    }
    char *const to = (char *)shelf->slab + shelf->slab->used;
    shelf->slab->used += room;
    if (bytes.len) {
        memcpy(to, bytes.at, bytes.len);
    }
    memset(to + bytes.len, 0, BUF_PADDING + 1);
    return to;
}

static bool grow(struct shelf *shelf)
{
    if (shelf->count < shelf->cap) {
        return true;
    }
    const size_t cap = shelf->cap ? 2 * shelf->cap : 64;
    struct shelved *const at = realloc(shelf->at, cap * sizeof *at);
    shelf->at = at ? at : shelf->at;
    shelf->cap = at ? cap : shelf->cap;
    return at != NULL;
}

/* Whether all will fit if the rest is like what was seen. */
static bool will_fit(const struct shelf *shelf, uint64_t disk)
{
    const double share = disk && disk < shelf->disk ? (double)disk / (double)shelf->disk : 1;
    return shelf->held <= shelf->most &&
           (shelf->held < FORESEEN || (double)shelf->held <= (double)shelf->most * share);
}

void shelf_add(struct shelf *shelf, size_t input, uint64_t disk, const struct chunk *chunk, uint64_t records)
{
    if (!shelf || shelf->abandoned) {
        return;
    }
    const tamis_str bytes = chunk_str(chunk);
    const uint64_t first = shelf->count ? shelf->at[shelf->count - 1].end : 0;
    shelf->held += bytes.len + sizeof(struct shelved);
    char *const at = will_fit(shelf, disk) && grow(shelf) ? copy(shelf, bytes) : NULL;
    if (!at) {
        shelf_abandon(shelf);
        return;
    }
    struct shelved *const to = &shelf->at[shelf->count++];
    *to = (struct shelved){.input = input, .disk = disk, .first = first, .end = first + records, .chunk = *chunk};
    to->chunk.bytes = (struct buf){.at = at, .len = bytes.len, .cap = bytes.len + 1, .limit = BUF_UNLIMITED};
    to->chunk.from = 0;
    to->chunk.packed = (struct buf){.limit = BUF_UNLIMITED};
}

void shelf_finish(struct shelf *shelf)
{
    if (shelf) {
        shelf->whole = !shelf->abandoned;
    }
}

uint64_t shelf_bytes(const struct shelf *shelf)
{
    uint64_t bytes = shelf ? sizeof *shelf + shelf->cap * sizeof *shelf->at : 0;
    for (const struct slab *slab = shelf ? shelf->slab : NULL; slab; slab = slab->before) {
        bytes += slab->bytes;
    }
    return bytes;
}

bool shelf_is_whole(const struct shelf *shelf)
{
    return shelf && shelf->whole;
}

const struct shelved *shelf_at(const struct shelf *shelf, size_t place)
{
    return place < shelf->count ? &shelf->at[place] : NULL;
}
