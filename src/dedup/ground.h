/*
 * Memory handed out in lots to many threads and taken back all at once, for use again.
 */
#ifndef TAMIS_DEDUP_GROUND_H
#define TAMIS_DEDUP_GROUND_H

#include <pthread.h>

#include "tamis.h"

#define GROUND_LOT ((size_t)64 << 10)

struct ground {
    pthread_mutex_t lock;
    struct tract {
        struct tract *next;
        char *at;
        size_t bytes, used;
    } *first, *last, *current;
    size_t step; /* bytes of a tract */
};

/* `bytes`: how much will be wanted at a time, as far as is known. */
void ground_init(struct ground *g, uint64_t bytes);
void ground_release(struct ground *g); /* back to the system */
/* GROUND_LOT bytes at a multiple of 4096, of any content; NULL when memory runs out. From any thread. */
char *ground_lot(struct ground *g);
void ground_clear(struct ground *g); /* everything handed out is free again */

#endif
