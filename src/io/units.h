/*
 * Private to io: reading in units. A unit is the smallest run of bytes that holds whole records: a line with its
 * newline, or a paragraph with its blank line. The cutting of a stream into chunks is the same for all formats; what
 * ends a unit is a format's own.
 */
#ifndef TAMIS_IO_UNITS_H
#define TAMIS_IO_UNITS_H

#include "io/json_shim.h"
#include "io/reader.h"
#include "io/stream.h"

struct unit_rule {
    /*
     * Behind the first unit that ends in [at, end), or NULL. `*blank` is carried from one piece of a unit to the next,
     * true at its start: the line so far is blank.
     */
    const char *(*first_end)(const char *at, const char *end, bool *blank);
    /* Behind the last unit that ends in [at, end), where `at` starts a unit; NULL: none does. */
    const char *(*last_end)(const char *at, const char *end);
};

struct reader {
    struct stream_in *stream;
    char *path;
    const struct unit_rule *rule;
    struct buf held;   /* decoded, not handed out: [at, len) */
    size_t at;
    uint64_t offset;   /* of held[at] in the decoded part */
    uint64_t max_line;
    size_t chunk_bytes;
    bool started, ended, damaged, done;
    char note[160];    /* why it is damaged */
};

struct parser {
    struct dom *dom;
    struct buf copy; /* of a line whose numbers had to be tamed */
};

tamis_status units_open(struct reader **r, const char *path, const struct reader_options *options,
                        const struct unit_rule *rule, tamis_err *err) TAMIS_MUST_CHECK;
/* The `next` of a format that has a rule. */
tamis_status units_next(struct reader *r, struct chunk *chunk, bool *end, tamis_err *err);
uint64_t units_read_from_disk(const struct reader *r);
void units_close(struct reader *r); /* accepts NULL */

/* Reads until `wanted` bytes are held or the part ends; drops a byte order mark at its start. */
tamis_status units_fill(struct reader *r, size_t wanted, tamis_err *err) TAMIS_MUST_CHECK;
/* Moves past `bytes` of what is held. */
void units_drop(struct reader *r, size_t bytes);
/* Turns the chunk into one without bytes. */
void units_mark(const struct reader *r, struct chunk *chunk, enum chunk_holds holds, uint64_t offset, uint64_t length);

static inline size_t units_held(const struct reader *r)
{
    return r->held.len - r->at;
}

/* A new record with nothing in it but its place; NULL when memory runs out. */
struct record *units_record(struct records *records, uint64_t offset, uint64_t length, enum reject reject);
/* The one record of a chunk without bytes. */
tamis_status units_odd_record(const struct chunk *chunk, struct records *records, tamis_err *err) TAMIS_MUST_CHECK;
tamis_status units_no_memory(tamis_err *err);

#endif
