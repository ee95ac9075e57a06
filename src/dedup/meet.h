/*
 * Who shares a key with whom: all groups of two or more rows with equal keys, out of columns of keys that are hashes.
 *
 * Nothing goes to disk. Where `memory` holds a column for every thread, each works on columns of its own, or slices of
 * them, and waits for nobody. Else all work on one column after the other, whole, or, where memory asks for it, in
 * slices of the range of keys, each of which reads the column once. Threads read stretches of the column and lay its
 * rows into pieces by the top bits of their keys; then they share out the pieces, which fit a processor's cache. In a
 * piece two bits per hash of a key tell which keys are met again; only their rows, few as a rule, are brought together
 * and sorted.
 *
 * So memory follows from `memory` as long as keys are spread evenly; a key that very many rows share takes up to 48
 * bytes for each of them all the same. Beside `memory` every thread holds what is not yet full of its pieces: 1 KiB for
 * each of MEET_ROWS_PER_PIECE rows, at most 2 MiB; and 0.5 MiB.
 */
#ifndef TAMIS_DEDUP_MEET_H
#define TAMIS_DEDUP_MEET_H

#include "run/run.h"

#define MEET_CHUNK 1024
#define MEET_ROWS_PER_PIECE 4096
#define MEET_BYTES_PER_ROW 17u /* 16, and what keeps them together */

struct meet_row {
    uint64_t key, number;
};

/* Where a thread is in a stretch of a column; the counters are 0 at its beginning and belong to the reader. */
struct meet_cursor {
    unsigned thread, column;
    uint64_t stretch, at, keys;
};

struct meeting {
    const struct run *run;
    unsigned columns;   /* keys of different columns never meet */
    uint64_t stretches; /* of every column; read in any order and several at once */
    uint64_t rows;      /* of the longest column, at most */
    size_t memory;      /* bytes for rows, of all threads together */
    void *context;
    /* The next rows of a stretch, at most MEET_CHUNK; none at its end. */
    tamis_status (*read)(void *context, struct meet_cursor *cursor, struct meet_row *rows, size_t *count,
                         tamis_err *err);
    /* Rows of one key in ascending order of numbers. They may be changed. Groups come in no particular order, and
       several at once. */
    tamis_status (*group)(void *context, unsigned thread, struct meet_row *rows, size_t count, tamis_err *err);
};

/* Progress is shown in rows: columns x rows in all. Stops with TAMIS_INTERRUPTED when somebody has asked for it. */
tamis_status meet(const struct meeting *meeting, tamis_err *err) TAMIS_MUST_CHECK;

#endif
