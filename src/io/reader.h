/*
 * Readers: how a part (one input file) becomes records.
 *
 * Reading is in two steps, so that it can be spread over threads. next() is serial: it hands out chunks of whole
 * records in order. split() and parse() are pure functions of a chunk. split() finds the records' places; parse()
 * also decodes the fields. Both find the same records in the same order, so that a second pass may use split() and
 * count. A new format is one more `struct reader_format`; Parquet comes in through this door (chunk = row group).
 */
#ifndef TAMIS_IO_READER_H
#define TAMIS_IO_READER_H

#include "core/buf.h"
#include "io/record.h"

#define CHUNK_BYTES ((size_t)4 << 20)

enum chunk_holds {
    CHUNK_RECORDS,  /* whole records */
    CHUNK_TOO_LONG, /* one record over the limit: `offset` and `length`, no bytes */
    CHUNK_DAMAGED   /* the stream broke at `offset`; the part's last chunk; `note` says why */
};

struct chunk {
    enum chunk_holds holds;
    uint64_t offset; /* of its first byte in the decoded part */
    uint64_t length; /* decoded bytes it stands for, newlines included */
    uint64_t ending; /* of `length`, the newline behind a record that is too long; 0: the part ends there */
    struct buf bytes; /* at least BUF_PADDING readable bytes follow */
    char note[160];
};

void chunk_init(struct chunk *c);
void chunk_release(struct chunk *c);

struct reader_options {
    uint64_t max_line;  /* bytes; longer records are rejects */
    size_t chunk_bytes; /* 0: CHUNK_BYTES; a chunk may exceed it by one record */
};

struct reader;   /* one open part */
struct parser;   /* one thread's workspace for split and parse */

struct reader_format {
    const char *name; /* "jsonl", "text", "paragraphs" */
    const char *summary;
    bool renders;     /* its records are not JSON lines already: write them by reader_render() */
    tamis_status (*open)(struct reader **r, const char *path, const struct reader_options *options, tamis_err *err);
    /* *end is true and the chunk untouched when there is no more. */
    tamis_status (*next)(struct reader *r, struct chunk *chunk, bool *end, tamis_err *err);
    uint64_t (*read_from_disk)(const struct reader *r);
    void (*close)(struct reader *r);
    /* Records of one chunk are appended to `records`; strings live in the chunk or in `arena`. */
    tamis_status (*split)(const struct chunk *chunk, struct records *records, tamis_err *err);
    tamis_status (*parse)(struct parser *parser, const struct record_fields *fields, const struct chunk *chunk,
                          struct arena *arena, struct records *records, tamis_err *err);
};

/* JSON Lines; one document per file; documents parted by blank lines. */
extern const struct reader_format reader_jsonl, reader_text, reader_paragraphs;
extern const struct reader_format *const reader_formats[]; /* ends with NULL */

/* The format a file's name asks for (.txt and its compressed forms: text; everything else: jsonl). */
const struct reader_format *reader_for_name(const char *path);
const struct reader_format *reader_by_name(const char *name); /* NULL: unknown */

struct parser *parser_new(void); /* NULL when memory runs out */
void parser_free(struct parser *p); /* accepts NULL */

/* The JSON line of a record whose format renders: {"id":..,"text":..} without newline. */
tamis_status reader_render(const struct record *record, struct buf *out, tamis_err *err) TAMIS_MUST_CHECK;
/* The line a record is written as, newline included: its own bytes, or rendered where its format renders. Appends. */
tamis_status reader_line(const struct reader_format *format, const struct record *record, struct buf *out,
                         tamis_err *err) TAMIS_MUST_CHECK;

#endif
