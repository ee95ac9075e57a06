/*
 * Readers: how a part (one input file) becomes records.
 *
 * Reading is in steps, so that it can be spread over threads. next() is serial: it hands out chunks of whole records
 * in order. Who has threads takes pieces instead: reader_load() one after the other, piece_decode() by any thread,
 * cutter_next() one after the other again; the chunks may be others, their records are the same. split() and parse()
 * are pure functions of a chunk. split() finds the records' places; parse() also decodes the fields, one record a call,
 * so that its text is at hand when it is looked at. Both find the same records in the same order, so that a second pass
 * may use split() and count. A new format is one more `struct reader_format`; Parquet comes in through this door
 * (chunk = row group).
 */
#ifndef TAMIS_IO_READER_H
#define TAMIS_IO_READER_H

#include "core/buf.h"
#include "io/piece.h"
#include "io/record.h"

#define CHUNK_BYTES ((size_t)4 << 20)
/* Newlines in a chunk at most, where records allow: what is made of each takes memory. */
#define CHUNK_LINES ((size_t)64 << 10)

enum chunk_holds {
    CHUNK_RECORDS,  /* whole records */
    CHUNK_TOO_LONG, /* one record over the limit: `offset` and `length`, no bytes */
    CHUNK_DAMAGED   /* the stream broke: the record at `offset` is cut; `note` says why */
};

struct chunk {
    enum chunk_holds holds;
    uint64_t offset; /* of its first byte in the decoded part */
    uint64_t length; /* decoded bytes it stands for, newlines included */
    uint64_t ending; /* of `length`, the newline behind a record that is too long; 0: the part ends there */
    struct buf bytes; /* at least BUF_PADDING readable bytes follow */
    size_t from;      /* where in `bytes` the first record begins */
    struct buf packed; /* the zstd frames its lines are all of, as they stand in the file; mostly empty */
    bool goes_on; /* the stream does behind what is damaged; else it is the part's last chunk */
    char note[NOTE_BYTES];
};

/* The bytes of its records. */
static inline tamis_str chunk_str(const struct chunk *c)
{
    const tamis_str all = buf_str(&c->bytes);
    return (tamis_str){all.at + c->from, all.len - c->from};
}

void chunk_init(struct chunk *c);
void chunk_release(struct chunk *c);

struct reader_options {
    uint64_t max_line;  /* bytes; longer records are rejects */
    size_t chunk_bytes; /* of next(). 0: CHUNK_BYTES; a chunk may exceed it by one record */
    uint64_t frame_bytes; /* of reader_load(): larger frames are decoded as they are loaded. 0: PIECE_DECODED_MOST */
    bool frames_alone;  /* of reader_load(): no two frames are one piece */
};

struct reader;   /* one open part */
struct parser;   /* one thread's workspace for split and parse */

/*
 * A chunk being parsed record by record, by one parser. Strings of the records live in the chunk or in the arenas.
 * While its records are parsed nothing else changes but `at`; the parser does nothing else and `texts`, which may be
 * the same as `arena`, may be cleared between two records.
 */
struct record_cursor {
    const struct record_fields *fields;
    const struct chunk *chunk;
    struct arena *texts; /* for decoded texts; BUF_PADDING readable bytes follow each that is not empty */
    struct arena *arena; /* for the other decoded fields */
    size_t at;           /* 0 at first; may be moved to where split() found a record */
    bool planned;        /* false at first */
};

struct reader_format {
    const char *name; /* "jsonl", "text", "paragraphs" */
    const char *summary;
    bool renders;     /* its records are not JSON lines already: write them by reader_render() */
    tamis_status (*open)(struct reader **r, const char *path, const struct reader_options *options, tamis_err *err);
    /* *end is true and the chunk untouched when there is no more. */
    tamis_status (*next)(struct reader *r, struct chunk *chunk, bool *end, tamis_err *err);
    uint64_t (*read_from_disk)(const struct reader *r); /* encoded bytes, about, that were handed out */
    void (*close)(struct reader *r);
    /* The records of a chunk are appended to `records`; their strings live in the chunk. */
    tamis_status (*split)(const struct chunk *chunk, struct records *records, tamis_err *err);
    /* The next record of a chunk is appended to `records`; none: there is no more. */
    tamis_status (*parse)(struct parser *parser, struct record_cursor *cursor, struct records *records,
                          tamis_err *err);
};

/* The next piece of a part; piece->last at its end or where it breaks. Not to be mixed with next(). */
tamis_status reader_load(struct reader *r, struct piece *piece, tamis_err *err) TAMIS_MUST_CHECK;
/* Before the first piece or chunk: goes on at a decoded offset at which a chunk ended. TAMIS_INPUT comes later if none
 * can end there. */
void reader_seek(struct reader *r, uint64_t offset);
/*
 * Before the first piece: asks whether decoded bytes [from, to) may be left out. If so, records are wanted again from
 * *resume on, `to` or more, where a record begins; UINT64_MAX: none is.
 */
void reader_leave_out(struct reader *r, bool (*skip)(void *context, uint64_t from, uint64_t to, uint64_t *resume),
                      void *context);

/* Joins the pieces of part after part and cuts them into chunks. */
struct cutter;
/* Chunks of at most `most` bytes where records allow, 0: as large as the pieces. max_line 0: the default. NULL when
 * memory runs out. */
struct cutter *cutter_new(uint64_t max_line, size_t most);
void cutter_free(struct cutter *c);           /* accepts NULL */
/*
 * The next chunk of a decoded piece; false in *made: the piece is used up. `path` is the part's and stays as long as
 * its pieces. A part that has changed so that a seek or what was left out makes no sense: TAMIS_INPUT.
 */
tamis_status cutter_next(struct cutter *c, const char *path, struct piece *piece, struct chunk *chunk, bool *made,
                         tamis_err *err) TAMIS_MUST_CHECK;

/* JSON Lines; one document per file; documents parted by blank lines. */
extern const struct reader_format reader_jsonl, reader_text, reader_paragraphs;
extern const struct reader_format *const reader_formats[]; /* ends with NULL */

/* The format a file's name asks for (.txt and its compressed forms: text; everything else: jsonl). Parquet, which is
 * not built in, is TAMIS_INPUT. */
tamis_status reader_for_name(const struct reader_format **format, const char *path, tamis_err *err) TAMIS_MUST_CHECK;
const struct reader_format *reader_by_name(const char *name); /* NULL: unknown */

struct parser *parser_new(void); /* NULL when memory runs out */
void parser_free(struct parser *p); /* accepts NULL */
/* All records of the chunk are appended to `records`. */
tamis_status reader_parse(const struct reader_format *format, struct parser *parser, struct record_cursor *cursor,
                          struct records *records, tamis_err *err) TAMIS_MUST_CHECK;

/* The JSON line of a record whose format renders: {"id":..,"text":..} without newline. */
tamis_status reader_render(const struct record *record, struct buf *out, tamis_err *err) TAMIS_MUST_CHECK;
/* The line a record is written as, newline included: its own bytes, or rendered where its format renders. Appends. */
tamis_status reader_line(const struct reader_format *format, const struct record *record, struct buf *out,
                         tamis_err *err) TAMIS_MUST_CHECK;

#endif
