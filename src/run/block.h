/*
 * The ledger part that is being written: rows of whole batches until 64 MiB of raw text or 2^18 documents are together,
 * then one rename.
 */
#ifndef TAMIS_RUN_BLOCK_H
#define TAMIS_RUN_BLOCK_H

#include "run/batch.h"

/* Where the survey stands between two blocks. */
struct block_place {
    uint64_t part;       /* of the next block */
    uint64_t documents;  /* before it */
    uint64_t input;      /* of its first chunk .. */
    uint64_t offset;     /* .. and where that opens in the decoded part */
    uint64_t source, ordinal; /* documents of that source so far, for ids that are missing */
};

struct block {
    const struct recipe *recipe;
    const struct rules *rules;
    const char *folder; /* the ledger */
    struct block_place place;
    uint64_t documents, bytes; /* in this block */
    struct buf rows, id_offsets, id_bytes, samples, numbers;
    struct buf *bands;  /* the keys of each band; NULL before the first batch */
    unsigned band_count, numbers_count;
    bool scratch;       /* nothing is forced to the disk, see struct run */
};

/* Set `scratch` afterwards where it is wanted. */
void block_init(struct block *b, const struct recipe *recipe, const struct rules *rules, const char *folder);
void block_release(struct block *b);
/* The place after the last block that stands. */
tamis_status block_resume(struct block *b, tamis_err *err) TAMIS_MUST_CHECK;
/* Adds a batch; commits when the block is full. */
tamis_status block_add(struct block *b, const struct batch *batch, const struct input *input, tamis_err *err)
    TAMIS_MUST_CHECK;
/* Writes what there is, if anything. */
tamis_status block_commit(struct block *b, tamis_err *err) TAMIS_MUST_CHECK;

#endif
