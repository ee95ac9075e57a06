/*
 * Who shares a key with whom: all groups of two or more rows with equal keys, out of columns of keys that are hashes.
 *
 * Nothing goes to disk. A column is worked on whole, or in slices of the range of keys where memory asks for it, each
 * of which reads it twice: the first time its keys are counted by their top bits, the second time rows are laid into
 * pieces of that many, which fit a processor's cache. In a piece two bits per hash of a key tell which keys are met
 * again; only their rows, few as a rule, are sorted. So memory follows from `memory` as long as keys are spread
 * evenly; a key that very many rows share takes 16 bytes for each of them all the same.
 *
 * Threads take slices of columns; groups come in no particular order, and several at once.
 */
#ifndef TAMIS_DEDUP_MEET_H
#define TAMIS_DEDUP_MEET_H

#include "run/run.h"

#define MEET_CHUNK 4096

struct meet_row {
    uint64_t key, number;
};

/* Where a thread is in a column; both counters are 0 at its beginning and belong to the reader. */
struct meet_cursor {
    unsigned thread, column;
    size_t part;
    uint64_t at, keys;
};

struct meeting {
    const struct run *run;
    unsigned columns; /* keys of different columns never meet */
    uint64_t rows;    /* of the longest column, at most */
    size_t memory;    /* bytes for rows, of all threads together */
    void *context;
    /* The next rows of a column, at most MEET_CHUNK, in ascending order of numbers; none at its end. */
    tamis_status (*read)(void *context, struct meet_cursor *cursor, struct meet_row *rows, size_t *count,
                         tamis_err *err);
    /* Rows of one key in ascending order of numbers. They may be changed. */
    tamis_status (*group)(void *context, unsigned thread, struct meet_row *rows, size_t count, tamis_err *err);
};

/* Progress is shown in rows: columns x rows in all. Stops with TAMIS_INTERRUPTED when somebody has asked for it. */
tamis_status meet(const struct meeting *meeting, tamis_err *err) TAMIS_MUST_CHECK;

#endif
