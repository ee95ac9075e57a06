/*
 * All inputs of a run as one stream of chunks, in number order.
 */
#ifndef TAMIS_RUN_FEED_H
#define TAMIS_RUN_FEED_H

#include "run/ledger.h"

struct feed {
    const struct inputs *inputs;
    struct reader_options options;
    size_t input;           /* the open part, or the next one */
    struct reader *reader;  /* NULL: none open */
    bool opened;            /* a chunk of the open part was handed out */
    uint64_t disk_before;   /* encoded bytes of the parts that are done */
};

void feed_init(struct feed *feed, const struct inputs *inputs, const struct recipe *recipe);
void feed_release(struct feed *feed);

/*
 * The next chunk and the part it is of; *end at the end of the last part. A part of which nothing can be read is
 * TAMIS_INPUT.
 */
tamis_status feed_next(struct feed *feed, struct chunk *chunk, size_t *input, bool *end, tamis_err *err)
    TAMIS_MUST_CHECK;
/* Starts at part `input`, at the chunk that opens at `offset` of its decoded bytes. */
tamis_status feed_seek(struct feed *feed, size_t input, uint64_t offset, tamis_err *err) TAMIS_MUST_CHECK;
/* Leaves the open part and goes on with part `input`. */
void feed_skip_to(struct feed *feed, size_t input);
/* Encoded bytes read of all parts. */
uint64_t feed_progress(const struct feed *feed);

/* Records of a chunk, decoded (`parser` given) or only found; what a whole chunk rejects is one record. */
tamis_status feed_records(const struct chunk *chunk, const struct reader_format *format, struct parser *parser,
                          const struct record_fields *fields, struct arena *arena, struct records *records,
                          tamis_err *err) TAMIS_MUST_CHECK;
/* Fields a source asks for, the keeper order's among them. */
struct record_fields feed_fields(const struct recipe *recipe, uint16_t source);

#endif
