/*
 * JSON Lines (jsonlines.org): a line is a record, the newline no part of it, a carriage return before it white space.
 * JSON is strict (RFC 8259) and a line must be an object. Of duplicate keys the first one counts. Numbers of any size
 * are legal; as a value, one beyond the range of a double counts as 1e308 or -1e308.
 */
#define _GNU_SOURCE /* memrchr */
#include <string.h>

#include "io/json_line.h"
#include "io/units.h"

/* ---- Lines ------------------------------------------------------------------------------------------------------ */

static const char *line_end(const char *at, const char *end, bool *blank)
{
    (void)blank;
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    return newline != NULL ? newline + 1 : NULL;
}

static const char *last_line_end(const char *at, const char *end)
{
    const char *newline = memrchr(at, '\n', (size_t)(end - at));
    return newline != NULL ? newline + 1 : NULL;
}

static const struct unit_rule lines = {line_end, last_line_end};

static tamis_status jsonl_open(struct reader **r, const char *path, const struct reader_options *options,
                               tamis_err *err)
{
    return units_open(r, path, options, &lines, err);
}

static bool is_empty(tamis_str line)
{
    for (size_t i = 0; i < line.len; i++) {
        const char c = line.at[i];
        if (c != ' ' && c != '\t' && c != '\r') {
            return false;
        }
    }
    return true;
}

static tamis_status jsonl_split(const struct chunk *chunk, struct records *records, tamis_err *err)
{
    if (chunk->holds != CHUNK_RECORDS) {
        return units_odd_record(chunk, records, err);
    }
    const tamis_str all = buf_str(&chunk->bytes);
    for (const char *at = all.at, *end = all.at + all.len; at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const tamis_str line = {at, (size_t)((newline != NULL ? newline : end) - at)};
        struct record *record = units_record(records, chunk->offset + (uint64_t)(at - all.at), line.len,
                                             is_empty(line) ? REJECT_EMPTY_LINE : REJECT_NONE);
        if (record == NULL) {
            return units_no_memory(err);
        }
        record->raw = line;
        at += line.len + 1;
    }
    return TAMIS_OK;
}

/* ---- Fields ----------------------------------------------------------------------------------------------------- */

static bool copy_string(const struct dom_value *value, struct arena *arena, tamis_str *field)
{
    return value->kind != DOM_STRING || value->string.len == 0 || arena_copy(arena, value->string, field);
}

static uint32_t tokens_of(const struct dom_value *value)
{
    if (value->kind == DOM_COUNT) {
        return value->count <= UINT32_MAX ? (uint32_t)value->count : 0;
    }
    if (value->kind == DOM_REAL && value->real >= 0 && value->real <= UINT32_MAX) {
        const uint32_t whole = (uint32_t)value->real;
        return (double)whole == value->real ? whole : 0;
    }
    return 0;
}

/* False: no memory. */
static bool read_extras(const struct dom *dom, const struct record_fields *fields, struct arena *arena,
                        struct record *record)
{
    struct dom_value value;
    if (fields->id != NULL) {
        dom_find(dom, fields->id, &value);
        if (!json_line_id(&value, record->raw, arena, &record->id)) {
            return false;
        }
    }
    if (fields->language != NULL) {
        dom_find(dom, fields->language, &value);
        if (!copy_string(&value, arena, &record->language)) {
            return false;
        }
    }
    if (fields->tokens != NULL) {
        dom_find(dom, fields->tokens, &value);
        record->tokens = tokens_of(&value);
    }
    for (size_t i = 0; i < RECORD_NUMBERS; i++) {
        if (fields->numbers[i] != NULL) {
            dom_find(dom, fields->numbers[i], &value);
            record->numbers[i] = dom_is_number(&value) ? value.real : record->numbers[i];
        }
    }
    return true;
}

static tamis_status decode(struct parser *p, const struct record_fields *fields, struct arena *arena,
                           struct record *record, tamis_err *err)
{
    const tamis_status status = json_line_parse(p, record->raw, &record->reject, err);
    if (status != TAMIS_OK || record->reject != REJECT_NONE) {
        return status;
    }
    if (fields->text != NULL) {
        struct dom_value value;
        dom_find(p->dom, fields->text, &value);
        if (value.kind != DOM_STRING) {
            record->reject = REJECT_NO_TEXT;
            return TAMIS_OK;
        }
        if (!copy_string(&value, arena, &record->text)) {
            return units_no_memory(err);
        }
    }
    return read_extras(p->dom, fields, arena, record) ? TAMIS_OK : units_no_memory(err);
}

static tamis_status jsonl_parse(struct parser *parser, const struct record_fields *fields, const struct chunk *chunk,
                                struct arena *arena, struct records *records, tamis_err *err)
{
    const size_t first = records->count;
    tamis_status status = jsonl_split(chunk, records, err);
    for (size_t i = first; i < records->count && status == TAMIS_OK; i++) {
        if (records->at[i].reject == REJECT_NONE) {
            status = decode(parser, fields, arena, &records->at[i], err);
        }
    }
    return status;
}

const struct reader_format reader_jsonl = {
    .name = "jsonl",
    .summary = "JSON Lines: one object a line",
    .renders = false,
    .open = jsonl_open,
    .next = units_next,
    .read_from_disk = units_read_from_disk,
    .close = units_close,
    .split = jsonl_split,
    .parse = jsonl_parse,
};
