/*
 * What the parser says of a line, put into the reasons and the ids of records.
 */
#include "io/json_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "io/json_text.h"
#include "io/units.h"

#define MAX_NESTING ((size_t)1000)

/* ---- Parsing ---------------------------------------------------------------------------------------------------- */

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

tamis_status json_line_parse(struct parser *p, tamis_str line, enum reject *reject, tamis_err *err)
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

const struct dom *json_line_dom(const struct parser *p)
{
    return p->dom;
}

/* ---- Ids -------------------------------------------------------------------------------------------------------- */

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

bool json_line_id(const struct dom_value *value, tamis_str line, struct arena *arena, tamis_str *id)
{
    if (dom_is_number(value)) {
        return number_id(value, line, arena, id);
    }
    return value->kind != DOM_STRING || value->string.len == 0 || arena_copy(arena, value->string, id);
}

/* ---- Tokens ----------------------------------------------------------------------------------------------------- */

uint32_t json_line_tokens(const struct dom_value *value)
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
