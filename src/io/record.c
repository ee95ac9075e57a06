/*
 * Lists of records and the names of the reasons for a reject. The names are written to rejects files: they stay.
 */
#include "io/record.h"

#include <stdlib.h>

#define FIRST_CAP 64

const char *reject_name(enum reject reason)
{
    switch (reason) {
    case REJECT_EMPTY_LINE: return "empty_line";
    case REJECT_INVALID_JSON: return "invalid_json";
    case REJECT_INVALID_UTF8: return "invalid_utf8";
    case REJECT_RAW_NUL: return "raw_nul";
    case REJECT_LONE_SURROGATE: return "lone_surrogate";
    case REJECT_TOO_DEEP: return "too_deep";
    case REJECT_NOT_AN_OBJECT: return "not_an_object";
    case REJECT_NO_TEXT: return "no_text";
    case REJECT_LINE_TOO_LONG: return "line_too_long";
    case REJECT_DAMAGED_STREAM: return "damaged_stream";
    case REJECT_NONE:
    case REJECT_REASONS: break;
    }
    return "";
}

struct record *records_add(struct records *r)
{
    if (r->count == r->cap) {
        const size_t cap = r->cap == 0 ? FIRST_CAP : r->cap * 2;
        struct record *at = cap <= SIZE_MAX / 2 / sizeof(*at) ? realloc(r->at, cap * sizeof(*at)) : NULL;
        if (at == NULL) {
            return NULL;
        }
        r->at = at;
        r->cap = cap;
    }
    struct record *record = &r->at[r->count++];
    *record = (struct record){0};
    return record;
}

void records_clear(struct records *r)
{
    r->count = 0;
}

void records_release(struct records *r)
{
    free(r->at);
    *r = (struct records){0};
}
