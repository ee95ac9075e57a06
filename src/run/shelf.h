/*
 * The decoded inputs of a survey, kept in memory where all of them fit: later looks at them then decode nothing.
 */
#ifndef TAMIS_RUN_SHELF_H
#define TAMIS_RUN_SHELF_H

#include "io/reader.h"

/* A chunk as the survey had it. */
struct shelved {
    size_t input;
    uint64_t disk;       /* encoded bytes of all parts read until then */
    uint64_t first, end; /* numbers of its records */
    struct chunk chunk;  /* without `packed` */
};

struct shelf;

/*
 * Holds up to `most` bytes of text of inputs that have `disk` encoded bytes. That counts text only: what is left over
 * where slabs of 32 MiB end comes on top, as a rule a few per cent. NULL: out of memory.
 */
struct shelf *shelf_new(uint64_t most, uint64_t disk);
void shelf_free(struct shelf *shelf); /* accepts NULL */
/*
 * The next chunk in number order, from the first record of the run on, is copied. When not all will fit, by what was
 * seen so far, or memory runs out, the shelf is emptied and stays so. By one thread at a time; accepts NULL.
 */
void shelf_add(struct shelf *shelf, size_t input, uint64_t disk, const struct chunk *chunk, uint64_t records);
/* Bytes taken from the machine for it, all told; 0 for NULL. */
uint64_t shelf_bytes(const struct shelf *shelf);
/* All chunks have been added. Accepts NULL. */
void shelf_finish(struct shelf *shelf);
/* Nothing is kept: the survey did not see all from the beginning on. Accepts NULL. */
void shelf_abandon(struct shelf *shelf);
/* Whether it holds all of the inputs. Accepts NULL. */
bool shelf_is_whole(const struct shelf *shelf);
/* The chunk at a place, in order; NULL: there is no more. */
const struct shelved *shelf_at(const struct shelf *shelf, size_t place);

#endif
