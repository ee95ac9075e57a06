/*
 * Plain text: a whole file as one document (`text`), or documents parted by blank lines (`paragraphs`). A blank line
 * holds nothing but spaces, tabs and carriage returns. Text is taken as it is; only a byte order mark at the start of
 * the file and the white space at the end of a paragraph are left out. A chunk of `text` holds the document and behind
 * it the path, which is its id.
 */
#define _GNU_SOURCE /* memrchr */
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
    record->raw = (tamis_str){chunk_str(chunk).at, (size_t)chunk->length};
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

static tamis_status text_parse(struct parser *parser, struct record_cursor *cursor, struct records *records,
                               tamis_err *err)
{
    (void)parser;
    if (cursor->at > 0) {
        return TAMIS_OK;
    }
    cursor->at = 1;
    const struct chunk *const chunk = cursor->chunk;
    const tamis_status status = text_split(chunk, records, err);
    if (status == TAMIS_OK && chunk->holds == CHUNK_RECORDS) {
        const tamis_str all = chunk_str(chunk);
        const tamis_str path = {all.at + chunk->length, all.len - (size_t)chunk->length};
        decode(&records->at[records->count - 1], path, cursor->fields);
    }
    return status;
}

const struct reader_format reader_text = {
    .name = "text",
    .summary = "plain text: one document per file",
    .renders = true,
    .open = text_open,
    .next = units_next,
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

/* The document at *at or, when there is a run of blank lines, behind it; *at moves behind it. Empty: there is none. */
static tamis_str next_document(tamis_str all, size_t *at, size_t *place)
{
    tamis_str document = {"", 0};
    while (*at < all.len && document.len == 0) {
        bool blank = true;
        const char *const behind = paragraph_end(all.at + *at, all.at + all.len, &blank);
        *place = *at;
        *at = behind != NULL ? (size_t)(behind - all.at) : all.len;
        document = trim_unit(all.at + *place, all.at + *at);
    }
    return document;
}

/* The next document as a record; *record is NULL when there is none. */
static tamis_status take_document(const struct chunk *chunk, size_t *at, struct records *records,
                                  struct record **record, tamis_err *err)
{
    size_t place = 0;
    const tamis_str document = next_document(chunk_str(chunk), at, &place);
    *record = NULL;
    if (document.len == 0) {
        return TAMIS_OK;
    }
    *record = units_record(records, chunk->offset + place, document.len, REJECT_NONE);
    if (*record == NULL) {
        return units_no_memory(err);
    }
    (*record)->raw = document;
    return TAMIS_OK;
}

static tamis_status paragraphs_split(const struct chunk *chunk, struct records *records, tamis_err *err)
{
    if (chunk->holds != CHUNK_RECORDS) {
        return units_odd_record(chunk, records, err);
    }
    struct record *record = NULL;
    size_t at = 0;
    tamis_status status = TAMIS_OK;
    do {
        status = take_document(chunk, &at, records, &record, err);
    } while (status == TAMIS_OK && record != NULL);
    return status;
}

static tamis_status paragraphs_parse(struct parser *parser, struct record_cursor *cursor, struct records *records,
                                     tamis_err *err)
{
    (void)parser;
    if (cursor->chunk->holds != CHUNK_RECORDS) {
        return units_odd_parse(cursor, records, err);
    }
    struct record *record = NULL;
    const tamis_status status = take_document(cursor->chunk, &cursor->at, records, &record, err);
    if (record != NULL) {
        decode(record, (tamis_str){"", 0}, cursor->fields);
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
