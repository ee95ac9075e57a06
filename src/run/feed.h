/*
 * All inputs of a run as one stream of chunks, in number order.
 */
#ifndef TAMIS_RUN_FEED_H
#define TAMIS_RUN_FEED_H

#include <stdatomic.h>

#include "run/ledger.h"

struct feed {
    const struct inputs *inputs;
    struct reader_options options;
    size_t input;           /* the open part, or the next one */
    struct reader *reader;  /* NULL: none open */
    bool opened;            /* a chunk of the part that is being handed out was */
    uint64_t seek;          /* where in part `input` it is to go on; 0: at the start */
    uint64_t disk_before;   /* encoded bytes of the parts that are done */

    /* Of pieces. Loading and joining may go on at the same time. */
    struct cutter *cutter;
    size_t joining;         /* the part that is being joined */
    _Atomic uint64_t left;  /* parts below this one are not loaded any more */
    bool (*leave_out)(void *context, uint64_t from, uint64_t to, uint64_t *resume);
    void *context;          /* of leave_out */
};

/* A piece of a part: loaded and joined in order, decoded by any thread. */
struct feed_piece {
    struct piece piece;
    size_t input;
    uint64_t disk; /* encoded bytes of all parts when it was loaded */
    uint64_t decoding; /* ns it took, where that is measured */
};

void feed_init(struct feed *feed, const struct inputs *inputs, const struct recipe *recipe);
void feed_release(struct feed *feed);

/*
 * The next chunk and the part it is of; *end at the end of the last part. A part of which nothing can be read is
 * TAMIS_INPUT. By one thread alone; who has several uses pieces instead.
 */
tamis_status feed_next(struct feed *feed, struct chunk *chunk, size_t *input, bool *end, tamis_err *err)
    TAMIS_MUST_CHECK;
/* Before the first piece: how many threads will decode, and whether somebody wants frames as they stand. */
void feed_spread(struct feed *feed, unsigned threads, bool copies_frames);
/* The next piece, which was zeroed at first; *end: there is none. */
tamis_status feed_load(struct feed *feed, struct feed_piece *piece, bool *end, tamis_err *err) TAMIS_MUST_CHECK;
/* Its next chunk, once it is decoded (piece_decode()); false in *made: it is used up. Failures as of feed_next(). */
tamis_status feed_join(struct feed *feed, struct feed_piece *piece, struct chunk *chunk, bool *made, tamis_err *err)
    TAMIS_MUST_CHECK;
/* While loading: whether no part is open. One of which nothing more is wanted is closed. */
bool feed_is_between(struct feed *feed);
/* While joining: what is still to be loaded of part `input` is not wanted. */
void feed_leave(struct feed *feed, size_t input);

/* Starts at part `input`, at `offset` of its decoded bytes, where a chunk ended. */
void feed_seek(struct feed *feed, size_t input, uint64_t offset);
/* While loading: leaves the open part and goes on with part `input`. */
void feed_skip_to(struct feed *feed, size_t input);
/* Encoded bytes read of all parts, while loading or by feed_next(). */
uint64_t feed_progress(const struct feed *feed);

/* Fields a source asks for, the keeper order's among them. */
struct record_fields feed_fields(const struct recipe *recipe, uint16_t source);

#endif
