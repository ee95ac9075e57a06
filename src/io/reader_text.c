/*
 * Plain text: a whole file as one document (`text`), or documents parted by blank lines (`paragraphs`). A blank line
 * holds nothing but spaces, tabs and carriage returns. Text is taken as it is; only a byte order mark at the start of
 * the file and the white space at the end of a paragraph are left out. A chunk of `text` holds the document and behind
 * it the path, which is its id.
 */
#define _GNU_SOURCE /* memrchr */
#include <errno.h>
#include <string.h>

#include "io/units.h"

static bool is_blank_char(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static enum reject check_text(tamis_str text)
{
    if (text.len == 0) {
        return REJECT_EMPTY_LINE;
    }
    if (memchr(text.at, '\0', text.len) != NULL) {
        return REJECT_RAW_NUL;
    }
    return dom_valid_utf8(text) ? REJECT_NONE : REJECT_INVALID_UTF8;
}

/* ---- text ------------------------------------------------------------------------------------------------------- */

static tamis_status text_open(struct reader **r, const char *path, const struct reader_options *options,
                              tamis_err *err)
{
    return units_open(r, path, options, NULL, err);
}

/* Reads the part while it is within the limit. */
static tamis_status read_document(struct reader *r, tamis_err *err)
{
    size_t wanted = r->chunk_bytes;
    for (;;) {
        const tamis_status status = units_fill(r, wanted, err);
        if (status != TAMIS_OK || r->ended || units_held(r) > r->max_line) {
            return status;
        }
        wanted = units_held(r) < r->max_line / 2 ? units_held(r) * 2 : (size_t)r->max_line + 1;
    }
}

/* Reads what is left of the part without keeping it. */
static tamis_status pass_over(struct reader *r, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    do {
        units_drop(r, units_held(r));
        status = units_fill(r, r->chunk_bytes, err);
    } while (status == TAMIS_OK && units_held(r) > 0);
    return status;
}

/* Gives the document away without copying it. */
static tamis_status hand_out(struct reader *r, struct chunk *chunk, tamis_err *err)
{
    const size_t len = units_held(r), path = strlen(r->path);
    units_mark(r, chunk, CHUNK_RECORDS, r->offset, len);
    if (r->at > 0) {
        memmove(r->held.at, r->held.at + r->at, len);
    }
    r->held.len = len;
    buf_release(&chunk->bytes);
    chunk->bytes = r->held;
    buf_init(&r->held, BUF_UNLIMITED);
    units_drop(r, len);
    r->at = 0;
    chunk->bytes.limit = len + path;
    const bool added = buf_add(&chunk->bytes, r->path, path);
    chunk->bytes.limit = BUF_UNLIMITED;
    return added ? TAMIS_OK : file_fail(err, ENOMEM, "cannot read", r->path);
}

static tamis_status text_next(struct reader *r, struct chunk *chunk, bool *end, tamis_err *err)
{
    *end = r->done;
    if (r->done) {
        return TAMIS_OK;
    }
    const tamis_status status = read_document(r, err);
    if (status != TAMIS_OK) {
        return status;
    }
    r->done = true;
    if (units_held(r) <= r->max_line && !r->damaged) {
        return hand_out(r, chunk, err);
    }
    const uint64_t offset = r->offset;
    const tamis_status passed = pass_over(r, err);
    if (passed == TAMIS_OK) {
        units_mark(r, chunk, r->damaged ? CHUNK_DAMAGED : CHUNK_TOO_LONG, offset, r->offset - offset);
    }
    return passed;
}

static tamis_status text_split(const struct chunk *chunk, struct records *records, tamis_err *err)
{
    if (chunk->holds != CHUNK_RECORDS) {
        return units_odd_record(chunk, records, err);
    }
    struct record *record = units_record(records, chunk->offset, chunk->length,
                                         chunk->length == 0 ? REJECT_EMPTY_LINE : REJECT_NONE);
    if (record == NULL) {
        return units_no_memory(err);
    }
    record->raw = (tamis_str){chunk->bytes.at, (size_t)chunk->length};
    return TAMIS_OK;
}

/* The path without the folder it lies below: the same wherever that folder stands. */
static tamis_str below(tamis_str path, const char *folder)
{
    const size_t len = folder ? strlen(folder) : 0;
    const bool inside = len && path.len > len && memcmp(path.at, folder, len) == 0 && path.at[len] == '/';
    return inside ? (tamis_str){path.at + len + 1, path.len - len - 1} : path;
}

static void decode(struct record *record, tamis_str id, const struct record_fields *fields)
{
    record->reject = check_text(record->raw);
    if (record->reject == REJECT_NONE) {
        record->text = record->raw;
        record->id = fields->id != NULL && dom_valid_utf8(id) ? below(id, fields->folder) : record->id;
    }
}

static tamis_status text_parse(struct parser *parser, const struct record_fields *fields, const struct chunk *chunk,
                               struct arena *arena, struct records *records, tamis_err *err)
{
    (void)parser;
    (void)arena;
    const tamis_status status = text_split(chunk, records, err);
    if (status == TAMIS_OK && chunk->holds == CHUNK_RECORDS) {
        const tamis_str path = {chunk->bytes.at + chunk->length, chunk->bytes.len - (size_t)chunk->length};
        decode(&records->at[records->count - 1], path, fields);
    }
    return status;
}

const struct reader_format reader_text = {
    .name = "text",
    .summary = "plain text: one document per file",
    .renders = true,
    .open = text_open,
    .next = text_next,
    .read_from_disk = units_read_from_disk,
    .close = units_close,
    .split = text_split,
    .parse = text_parse,
};

/* ---- paragraphs ------------------------------------------------------------------------------------------------- */

/* A unit ends behind its first blank line. */
static const char *paragraph_end(const char *at, const char *end, bool *blank)
{
    while (at < end) {
        if (*at == '\n') {
            if (*blank) {
                return at + 1;
            }
            *blank = true;
            at++;
        } else if (*blank && is_blank_char(*at)) {
            at++;
        } else {
            *blank = false;
            at = memchr(at, '\n', (size_t)(end - at));
            if (at == NULL) {
                return NULL;
            }
        }
    }
    return NULL;
}

static bool is_blank_line(const char *at, const char *end)
{
    while (at < end && is_blank_char(*at)) {
        at++;
    }
    return at == end;
}

static const char *last_paragraph_end(const char *at, const char *end)
{
    const char *newline = memrchr(at, '\n', (size_t)(end - at));
    while (newline != NULL) {
        const char *before = memrchr(at, '\n', (size_t)(newline - at));
        if (is_blank_line(before != NULL ? before + 1 : at, newline)) {
            return newline + 1;
        }
        newline = before;
    }
    return NULL;
}

static const struct unit_rule paragraphs = {paragraph_end, last_paragraph_end};

static tamis_status paragraphs_open(struct reader **r, const char *path, const struct reader_options *options,
                                    tamis_err *err)
{
    return units_open(r, path, options, &paragraphs, err);
}

/* The lines of one unit without the white space at its end. */
static tamis_str trim_unit(const char *at, const char *behind)
{
    while (behind > at && (behind[-1] == '\n' || is_blank_char(behind[-1]))) {
        behind--;
    }
    return (tamis_str){at, (size_t)(behind - at)};
}

static tamis_status paragraphs_split(const struct chunk *chunk, struct records *records, tamis_err *err)
{
    if (chunk->holds != CHUNK_RECORDS) {
        return units_odd_record(chunk, records, err);
    }
    const tamis_str all = buf_str(&chunk->bytes);
    for (const char *at = all.at, *end = all.at + all.len; at < end;) {
        bool blank = true;
        const char *behind = paragraph_end(at, end, &blank);
        behind = behind != NULL ? behind : end;
        const tamis_str document = trim_unit(at, behind);
        if (document.len > 0) {
            struct record *record =
                units_record(records, chunk->offset + (uint64_t)(at - all.at), document.len, REJECT_NONE);
            if (record == NULL) {
                return units_no_memory(err);
            }
            record->raw = document;
        }
        at = behind;
    }
    return TAMIS_OK;
}

static tamis_status paragraphs_parse(struct parser *parser, const struct record_fields *fields,
                                     const struct chunk *chunk, struct arena *arena, struct records *records,
                                     tamis_err *err)
{
    (void)parser;
    (void)arena;
    const size_t first = records->count;
    const tamis_status status = paragraphs_split(chunk, records, err);
    if (status == TAMIS_OK && chunk->holds == CHUNK_RECORDS) {
        for (size_t i = first; i < records->count; i++) {
            decode(&records->at[i], (tamis_str){"", 0}, fields);
        }
    }
    return status;
}

const struct reader_format reader_paragraphs = {
    .name = "paragraphs",
    .summary = "plain text: documents parted by blank lines",
    .renders = true,
    .open = paragraphs_open,
    .next = units_next,
    .read_from_disk = units_read_from_disk,
    .close = units_close,
    .split = paragraphs_split,
    .parse = paragraphs_parse,
};
