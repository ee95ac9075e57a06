/*
 * Spools: one append-only file per shard, filled in the order of the read and sorted later.
 *
 *   +--------------------------+-----------------+--------------------------+--
 *   | number length position 0 | `length` bytes  | number length position 0 | ..
 *   +--------------------------+-----------------+--------------------------+--
 *
 * No file stays open: a spool is opened when its buffer is full, so thousands of shards need no more descriptors
 * than one. Temporary, in the byte order of the machine.
 */
#ifndef TAMIS_MIX_SPOOL_H
#define TAMIS_MIX_SPOOL_H

#include "core/buf.h"
#include "core/path.h"

struct spool_head {
    uint64_t number;   /* of the document */
    uint64_t length;   /* bytes of its line, without newline */
    uint32_t position; /* in the shard, from 0 */
    uint32_t unused;
};

struct spools {
    const char *folder; /* borrowed */
    struct buf *at;     /* what is not on disk yet */
    size_t count;
    size_t capacity;    /* bytes of one buffer */
};

/* The folder exists and is empty of spools. `memory` bounds all buffers together, as far as they can be that small. */
tamis_status spools_open(struct spools *s, const char *folder, size_t count, size_t memory, tamis_err *err)
    TAMIS_MUST_CHECK;
tamis_status spools_add(struct spools *s, size_t spool, struct spool_head head, tamis_str line, tamis_err *err)
    TAMIS_MUST_CHECK;
/* Writes what is held and makes every spool durable. */
tamis_status spools_finish(struct spools *s, tamis_err *err) TAMIS_MUST_CHECK;
void spools_release(struct spools *s); /* leaves the files */

tamis_status spool_path(struct path *path, const char *folder, size_t spool, tamis_err *err) TAMIS_MUST_CHECK;

#endif
