/*
 * JSON Lines (jsonlines.org): a line is a record, the newline no part of it, a carriage return before it white space.
 * JSON is strict (RFC 8259) and a line must be an object. Of duplicate keys the first one counts. Numbers of any size
 * are legal; as a value, one beyond the range of a double counts as 1e308 or -1e308.
 */
#define _GNU_SOURCE /* memrchr */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "core/str.h"
#include "io/json_text.h"
#include "io/units.h"

#define MAX_NESTING ((size_t)1000)

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

/* ---- One line --------------------------------------------------------------------------------------------------- */

static enum reject reason_of(enum dom_verdict verdict, tamis_str line)
{
    if (memchr(line.at, '\0', line.len) != NULL) {
        return REJECT_RAW_NUL;
    }
    if (!dom_valid_utf8(line)) {
        return REJECT_INVALID_UTF8;
    }
    if (verdict == DOM_TOO_DEEP) {
        return REJECT_TOO_DEEP;
    }
    return verdict == DOM_BAD_STRING && json_text_lone_surrogate(line) ? REJECT_LONE_SURROGATE : REJECT_INVALID_JSON;
}

/* *reject tells whether `line` is an object; TAMIS_OK also when it is not. */
static tamis_status parse_line(struct parser *p, tamis_str line, enum reject *reject, tamis_err *err)
{
    enum dom_verdict verdict = dom_parse(p->dom, line);
    if (verdict == DOM_BAD_NUMBER) {
        buf_clear(&p->copy);
        if (!json_text_tame_numbers(line, &p->copy)) {
            return units_no_memory(err);
        }
        verdict = dom_parse(p->dom, buf_str(&p->copy));
    }
    if (verdict == DOM_NO_MEMORY) {
        return units_no_memory(err);
    }
    /* the parser does not count an empty innermost pair; that many brackets are rare enough to count again */
    const bool may_be_deep = verdict == DOM_FINE && dom_structurals(p->dom) > 2 * MAX_NESTING;
    if (line.len >= 3 && memcmp(line.at, "\xef\xbb\xbf", 3) == 0) {
        *reject = verdict == DOM_FINE ? REJECT_INVALID_JSON : reason_of(verdict, line);
    } else if (verdict != DOM_FINE) {
        *reject = reason_of(verdict, line);
    } else if (may_be_deep && json_text_nesting(line) > MAX_NESTING) {
        *reject = REJECT_TOO_DEEP;
    } else {
        *reject = dom_is_object(p->dom) ? REJECT_NONE : REJECT_NOT_AN_OBJECT;
    }
    return TAMIS_OK;
}

/* ---- Fields ----------------------------------------------------------------------------------------------------- */

static bool copy_string(const struct dom_value *value, struct arena *arena, tamis_str *field)
{
    return value->kind != DOM_STRING || value->string.len == 0 || arena_copy(arena, value->string, field);
}

static bool is_integer_text(tamis_str number)
{
    return number.len > 0 && memchr(number.at, '.', number.len) == NULL && memchr(number.at, 'e', number.len) == NULL &&
           memchr(number.at, 'E', number.len) == NULL;
}

/* The shortest text of a number. */
static bool print_number(const struct dom_value *value, struct arena *arena, tamis_str *field)
{
    char digits[24];
    int len = 0;
    if (value->kind == DOM_COUNT) {
        len = snprintf(digits, sizeof(digits), "%" PRIu64, value->count);
    } else if (value->kind == DOM_NEGATIVE) {
        len = snprintf(digits, sizeof(digits), "%" PRId64, value->negative);
    }
    if (len > 0) {
        return arena_copy(arena, (tamis_str){digits, (size_t)len}, field);
    }
    struct buf text;
    struct json j;
    buf_init(&text, 64);
    json_init(&j, &text, 0);
    json_real(&j, value->real);
    const bool done = !j.failed && arena_copy(arena, buf_str(&text), field);
    buf_release(&text);
    return done;
}

/* An id that is a number: whole numbers as they are written, whatever their length. */
static bool number_id(const struct dom_value *value, tamis_str line, struct arena *arena, tamis_str *id)
{
    if (value->kind == DOM_REAL || value->real == 0) { /* written otherwise, perhaps: 1e3, -0, thirty digits */
        const tamis_str written = json_text_value(line, value->steps, value->depth);
        const bool too_large = value->real >= 1e308 || value->real <= -1e308;
        if (is_integer_text(written) || too_large) {
            *id = written;
            return true;
        }
    }
    return print_number(value, arena, id);
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

static bool is_number(const struct dom_value *value)
{
    return value->kind == DOM_COUNT || value->kind == DOM_NEGATIVE || value->kind == DOM_REAL;
}

/* False: no memory. */
static bool read_extras(const struct dom *dom, const struct record_fields *fields, struct arena *arena,
                        struct record *record)
{
    struct dom_value value;
    if (fields->id != NULL) {
        dom_find(dom, fields->id, &value);
        if (is_number(&value) ? !number_id(&value, record->raw, arena, &record->id)
                              : !copy_string(&value, arena, &record->id)) {
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
            record->numbers[i] = is_number(&value) ? value.real : record->numbers[i];
        }
    }
    return true;
}

static tamis_status decode(struct parser *p, const struct record_fields *fields, struct arena *arena,
                           struct record *record, tamis_err *err)
{
    const tamis_status status = parse_line(p, record->raw, &record->reject, err);
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
