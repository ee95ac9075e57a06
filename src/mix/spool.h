/*
 * Spools: the lines of one shard each, in the order of the read, sorted later. They stay in memory while all together
 * fit; beyond that every spool is an append-only file.
 *
 *   +-----------------------------+-----------------+-----------------------------+--
 *   | number length position 0 at | `length` bytes  | number length position 0 at | ..
 *   +-----------------------------+-----------------+-----------------------------+--
 *
 * Of lines that stay where they are in memory until the shards stand, spools hold the heads alone.
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
    const char *at;    /* NULL: the line follows; else it is there, and the next head follows */
};

static inline size_t spool_step(const struct spool_head *head)
{
    return sizeof *head + (head->at != NULL ? 0 : (size_t)head->length);
}

struct spools {
    const char *folder; /* borrowed */
    struct buf *at;     /* what is not on disk */
    size_t count;
    size_t memory, held; /* bytes all may hold, and do while none is on disk */
    size_t capacity;    /* bytes of one buffer when they are on disk */
    bool on_disk;
    bool refers;        /* lines stay: heads point to them, and never go to the disk */
};

/*
 * The folder exists and is empty of spools. `memory` bounds all spools together while they are in memory, and their
 * buffers afterwards, as far as those can be that small.
 */
tamis_status spools_open(struct spools *s, const char *folder, size_t count, size_t memory, tamis_err *err)
    TAMIS_MUST_CHECK;
/* `head.at` is set here. Where spools refer, the line outlives them. */
tamis_status spools_add(struct spools *s, size_t spool, struct spool_head head, tamis_str line, tamis_err *err)
    TAMIS_MUST_CHECK;
/* Of spools on disk: writes what is held and makes them durable. Those in memory are `at`. */
tamis_status spools_finish(struct spools *s, tamis_err *err) TAMIS_MUST_CHECK;
void spools_release(struct spools *s); /* leaves the files */

tamis_status spool_path(struct path *path, const char *folder, size_t spool, tamis_err *err) TAMIS_MUST_CHECK;

#endif
