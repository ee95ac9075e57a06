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

/* The line that begins at `at`, which moves behind it. */
static void take_line(const struct chunk *chunk, size_t *at, struct record *record)
{
    const tamis_str all = chunk_str(chunk);
    const char *const first = all.at + *at, *const newline = memchr(first, '\n', all.len - *at);
    record->raw = (tamis_str){first, newline != NULL ? (size_t)(newline - first) : all.len - *at};
    record->length = record->raw.len;
    record->reject = is_empty(record->raw) ? REJECT_EMPTY_LINE : REJECT_NONE;
    *at += record->raw.len + (newline != NULL);
}

static tamis_status jsonl_split(const struct chunk *chunk, struct records *records, tamis_err *err)
{
    if (chunk->holds != CHUNK_RECORDS) {
        return units_odd_record(chunk, records, err);
    }
    for (size_t at = 0; at < chunk_str(chunk).len;) {
        struct record *const record = units_record(records, chunk->offset + at, 0, REJECT_NONE);
        if (record == NULL) {
            return units_no_memory(err);
        }
        take_line(chunk, &at, record);
    }
    return TAMIS_OK;
}

/* ---- Fields ----------------------------------------------------------------------------------------------------- */

/* The strict parser's string lives until its next line only. */
static bool copy_string(const struct dom_value *value, struct arena *arena, tamis_str *field)
{
    return value->kind != DOM_STRING || value->string.len == 0 || arena_copy(arena, value->string, field);
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
        record->tokens = json_line_tokens(&value);
    }
    for (size_t i = 0; i < RECORD_NUMBERS; i++) {
        if (fields->numbers[i] != NULL) {
            dom_find(dom, fields->numbers[i], &value);
            record->numbers[i] = dom_is_number(&value) ? value.real : record->numbers[i];
        }
    }
    return true;
}

static bool copy_text(tamis_str text, struct arena *texts, tamis_str *field)
{
    char *const at = arena_room(texts, text.len + BUF_PADDING);
    if (at == NULL) {
        return false;
    }
    memcpy(at, text.at, text.len);
    arena_take(texts, text.len + BUF_PADDING);
    *field = (tamis_str){at, text.len};
    return true;
}

/* What the strict parser says of a line. */
static tamis_status decode(struct parser *p, const struct record_cursor *cursor, struct record *record, tamis_err *err)
{
    const tamis_status status = json_line_parse(p, record->raw, &record->reject, err);
    if (status != TAMIS_OK || record->reject != REJECT_NONE) {
        return status;
    }
    if (cursor->fields->text != NULL) {
        struct dom_value value;
        dom_find(p->dom, cursor->fields->text, &value);
        if (value.kind != DOM_STRING) {
            record->reject = REJECT_NO_TEXT;
            return TAMIS_OK;
        }
        if (!copy_text(value.string, cursor->texts, &record->text)) {
            return units_no_memory(err);
        }
    }
    return read_extras(p->dom, cursor->fields, cursor->arena, record) ? TAMIS_OK : units_no_memory(err);
}

/* Copies a field that is one of the strings which live as long as the text does. False: no memory. */
static bool settle(tamis_str strings, struct arena *arena, tamis_str *field)
{
    const uintptr_t first = (uintptr_t)strings.at, at = (uintptr_t)field->at;
    const bool inside = at >= first && at < first + strings.len;
    return !inside || arena_copy(arena, *field, field);
}

/*
 * The scan of an ordinary line, whose end is found on the way; false: it is none, or memory has run out, which the
 * strict parser will see too.
 */
static bool scan(const struct scan_plan *plan, struct record_cursor *cursor, struct record *record)
{
    const tamis_str all = chunk_str(cursor->chunk);
    const char *const first = all.at + cursor->at, *const end = all.at + all.len;
    char *const room = arena_room(cursor->texts, (size_t)(end - first) + JSON_STRING_BYTES + BUF_PADDING);
    char *used = room;
    const char *const behind = room != NULL ? scan_line(plan, first, &used, record) : NULL;
    if (behind == NULL || (*behind != '\n' && behind != end)) {
        return false;
    }
    const tamis_str strings = {room, (size_t)(used - room)};
    arena_take(cursor->texts, strings.len + BUF_PADDING);
    if (cursor->texts != cursor->arena &&
        (!settle(strings, cursor->arena, &record->id) || !settle(strings, cursor->arena, &record->language))) {
        return false;
    }
    record->raw = (tamis_str){first, (size_t)(behind - first)};
    record->length = record->raw.len;
    cursor->at += record->raw.len + (behind != end);
    return true;
}

static tamis_status jsonl_parse(struct parser *parser, struct record_cursor *cursor, struct records *records,
                                tamis_err *err)
{
    const struct chunk *const chunk = cursor->chunk;
    if (chunk->holds != CHUNK_RECORDS) {
        return units_odd_parse(cursor, records, err);
    }
    if (cursor->at >= chunk_str(chunk).len) {
        return TAMIS_OK;
    }
    if (!cursor->planned) {
        cursor->planned = true;
        scan_plan(&parser->plan, parser, cursor->fields);
    }
    struct record *const record = units_record(records, chunk->offset + cursor->at, 0, REJECT_NONE);
    if (record == NULL) {
        return units_no_memory(err);
    }
    if (parser->plan.usable && scan(&parser->plan, cursor, record)) {
        return TAMIS_OK;
    }
    units_start_record(record, record->offset, 0, REJECT_NONE);
    take_line(cursor->chunk, &cursor->at, record);
    return record->reject == REJECT_NONE ? decode(parser, cursor, record, err) : TAMIS_OK;
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
