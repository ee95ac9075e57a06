/*
 * One record of an input as a reader hands it over, and the fields asked of it.
 */
#ifndef TAMIS_IO_RECORD_H
#define TAMIS_IO_RECORD_H

#include "core/arena.h"

enum reject {
    REJECT_NONE,
    REJECT_EMPTY_LINE,
    REJECT_INVALID_JSON,
    REJECT_INVALID_UTF8,
    REJECT_RAW_NUL,
    REJECT_LONE_SURROGATE,
    REJECT_TOO_DEEP,
    REJECT_NOT_AN_OBJECT,
    REJECT_NO_TEXT,       /* the text field is absent, null or not a string */
    REJECT_LINE_TOO_LONG,
    REJECT_DAMAGED_STREAM, /* stands for what is lost there: a stretch, or the rest of its part */
    REJECT_REASONS
};

const char *reject_name(enum reject reason); /* "empty_line", "invalid_json", ..; "" for REJECT_NONE */

#define RECORD_NUMBERS 4 /* numeric fields a run may ask for (keeper order) */

/* Which fields to look for: dotted paths; NULL: not asked. */
struct record_fields {
    const char *text;   /* "text" by default */
    const char *id;     /* "id" by default */
    const char *tokens; /* a whole number of tokens */
    const char *language;
    const char *folder; /* left out of ids that are paths; NULL: nothing is */
    const char *numbers[RECORD_NUMBERS];
};

struct record {
    tamis_str raw;       /* the line without its newline, or the bytes of a plain text document */
    tamis_str text;      /* decoded; points into raw's chunk or the batch's arena */
    tamis_str id;        /* decoded; an id that is a number is its text; empty: missing */
    tamis_str language;  /* empty: missing */
    uint64_t offset;     /* of raw in its decoded part */
    uint64_t length;     /* of raw; larger than raw.len for a line too long, which is not kept */
    uint32_t tokens;     /* 0: missing */
    enum reject reject;  /* text, id and the rest are empty when it is set */
    double numbers[RECORD_NUMBERS]; /* NaN: missing */
};

struct records {
    struct record *at;
    size_t count, cap;
};

/* A new zeroed record at the end, NULL when memory runs out. */
struct record *records_add(struct records *r);
void records_clear(struct records *r);
void records_release(struct records *r);

#endif
