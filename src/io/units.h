/*
 * Private to io: reading in units. A unit is the smallest run of bytes that holds whole records: a line with its
 * newline, or a paragraph with its blank line. The cutting of a stream into chunks is the same for all formats; what
 * ends a unit is a format's own.
 */
#ifndef TAMIS_IO_UNITS_H
#define TAMIS_IO_UNITS_H

#include "io/json_scan.h"
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

struct cutter {
    const struct unit_rule *rule; /* NULL: the part is one record */
    const char *path;  /* of the part, borrowed */
    struct buf held;   /* decoded, not handed out: [at, len) */
    size_t at;
    size_t scanned;    /* of what is held: no unit ends there */
    bool blank;        /* the line at the end of that is, so far */
    uint64_t offset;   /* of held[at] in the decoded part */
    uint64_t resume;   /* what lies before is dropped */
    char before;       /* the byte before `resume`; '\n' when it is not known */
    uint64_t passed;   /* where the record that is too long began */
    uint64_t max_line;
    size_t most;       /* bytes of a chunk, where records allow; 0: any */
    bool started;      /* a byte order mark was looked for */
    bool passing;      /* inside a record that is too long */
    bool losing;       /* .. or behind a gap: in what is left of a record that began before it */
    bool ended, damaged; /* no more bytes come .. */
    bool gap;          /* .. up to a gap of `lost` bytes */
    uint64_t lost;
    bool done;
    char note[NOTE_BYTES];        /* why it is damaged .. */
    char losing_note[NOTE_BYTES]; /* .. and was where the loss began */
};

struct reader {
    struct cutter cutter; /* of next() */
    struct stream_in *stream;
    char *path;
    size_t chunk_bytes;
    struct stream_skip skip;
    uint64_t seek;
    bool loaded; /* a piece */
};

struct parser {
    struct dom *dom;
    struct buf copy; /* of a line whose numbers had to be tamed */
    json_unescape *unescape;
    struct scan_plan plan; /* of the chunk that is being parsed */
};

tamis_status units_open(struct reader **r, const char *path, const struct reader_options *options,
                        const struct unit_rule *rule, tamis_err *err) TAMIS_MUST_CHECK;
tamis_status units_next(struct reader *r, struct chunk *chunk, bool *end, tamis_err *err);
uint64_t units_read_from_disk(const struct reader *r);
void units_close(struct reader *r); /* accepts NULL */

void cutter_init(struct cutter *c, uint64_t max_line); /* 0: the default */
void cutter_release(struct cutter *c);
/* Begins a part, or goes on in one at `offset`; the first unit wanted begins at `resume`. */
void cutter_start(struct cutter *c, const struct unit_rule *rule, const char *path, uint64_t offset, uint64_t resume);
/* No more bytes come. NULL: the part ends there; else why the stream broke. */
void cutter_end(struct cutter *c, const char *damage);
/* `lost` bytes are missing; more come behind them. */
void cutter_gap(struct cutter *c, const char *damage, uint64_t lost);
/* Hands out whole units of what is held. False in *made: more bytes are needed, or it is done. */
tamis_status cutter_cut(struct cutter *c, struct chunk *chunk, bool *made, tamis_err *err) TAMIS_MUST_CHECK;

/* How many of the bytes hold CHUNK_LINES newlines at most: all of them, or up to behind a newline. */
size_t cutter_few_lines(const char *at, size_t len);

static inline size_t cutter_held(const struct cutter *c)
{
    return c->held.len - c->at;
}

/* Nothing in it but its place. */
void units_start_record(struct record *record, uint64_t offset, uint64_t length, enum reject reject);
/* A new record with nothing in it but its place; NULL when memory runs out. */
struct record *units_record(struct records *records, uint64_t offset, uint64_t length, enum reject reject);
/* The one record of a chunk without bytes. */
tamis_status units_odd_record(const struct chunk *chunk, struct records *records, tamis_err *err) TAMIS_MUST_CHECK;
/* The same as a parse() does it. */
tamis_status units_odd_parse(struct record_cursor *cursor, struct records *records, tamis_err *err) TAMIS_MUST_CHECK;
tamis_status units_no_memory(tamis_err *err);

#endif
