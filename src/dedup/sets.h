/*
 * Many shingle sets, numbered as they come: in memory while they fit, else in one unnamed temporary file.
 */
#ifndef TAMIS_DEDUP_SETS_H
#define TAMIS_DEDUP_SETS_H

#include "sketch/sketch.h"

struct sets {
    uint64_t *at;        /* all sets, or what is not yet written */
    size_t used, cap;    /* words */
    size_t limit;        /* words it may hold */
    uint64_t *ends;      /* per set, in words from the beginning of the first */
    uint64_t count, capacity;
    int file;            /* -1: in memory */
    uint64_t written;    /* words */
    const char *folder;  /* for the file; borrowed */
};

/* Room for `capacity` sets, of which `memory` bytes may stay in memory. */
tamis_status sets_init(struct sets *s, uint64_t capacity, const char *folder, size_t memory, tamis_err *err)
    TAMIS_MUST_CHECK;
void sets_release(struct sets *s);
tamis_status sets_add(struct sets *s, const struct shingles *set, tamis_err *err) TAMIS_MUST_CHECK;
tamis_status sets_finish(struct sets *s, tamis_err *err) TAMIS_MUST_CHECK; /* no add after this */
/*
 * Points `view` at set `index`, read into `space` if it is not in memory; from any thread with a space of its own.
 * Returns 0 or an errno.
 */
int sets_get(const struct sets *s, uint64_t index, struct shingles *space, struct shingles *view) TAMIS_MUST_CHECK;

#endif
