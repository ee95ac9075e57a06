/*
 * Sorting more fixed-size records than fit in memory.
 *
 * Records are rows of `words` unsigned 64-bit numbers, compared word by word. They are parted on disk by their first
 * word, which is best spread evenly over [0, top]; then each partition is sorted in memory. Rows that are not spread
 * so cost further passes over the disk, never more memory. A sorter that never outgrows its memory writes no file. The
 * order is total: the same rows come out in the same order whatever the order or the threads they went in.
 */
#ifndef TAMIS_CORE_SORTER_H
#define TAMIS_CORE_SORTER_H

#include "tamis.h"

struct sorter;

struct sorter_options {
    const char *folder;  /* for temporary files; it exists */
    const char *name;    /* prefix of the files, unique in the folder */
    unsigned words;      /* 1 to 10 */
    uint64_t top;        /* largest first word to be expected */
    size_t memory;       /* bytes it may hold; at least 64 rows are */
    bool unique;         /* equal rows come out once */
};

tamis_status sorter_open(struct sorter **s, const struct sorter_options *options, tamis_err *err) TAMIS_MUST_CHECK;
tamis_status sorter_add(struct sorter *s, const uint64_t *row, tamis_err *err) TAMIS_MUST_CHECK; /* one thread */
tamis_status sorter_finish(struct sorter *s, tamis_err *err) TAMIS_MUST_CHECK; /* no add after this */
/* The next row, or NULL at the end. Valid until the next call. */
tamis_status sorter_next(struct sorter *s, const uint64_t **row, tamis_err *err) TAMIS_MUST_CHECK;
uint64_t sorter_count(const struct sorter *s); /* rows added */
uint64_t sorter_spilled(const struct sorter *s); /* bytes written to disk */
void sorter_free(struct sorter *s); /* accepts NULL; removes the files, which an error has done already */

#endif
