/*
 * simdjson seen from C. One dom serves one thread; what it hands out lives until its next parse.
 * Strict JSON; of duplicate keys the first one counts.
 */
#ifndef TAMIS_IO_JSON_SHIM_H
#define TAMIS_IO_JSON_SHIM_H

#include "tamis.h"

#ifdef __cplusplus
extern "C" {
#endif

struct dom;

enum dom_verdict {
    DOM_FINE,
    DOM_BROKEN,     /* no JSON, or no valid UTF-8 */
    DOM_BAD_STRING, /* an escape that is none, or half a surrogate pair */
    DOM_BAD_NUMBER, /* no number, or one that 64 bits cannot hold */
    DOM_TOO_DEEP,
    DOM_NO_MEMORY
};

/* DOM_OTHER: false, an array or an object. */
enum dom_kind { DOM_MISSING, DOM_NULL, DOM_STRING, DOM_COUNT, DOM_NEGATIVE, DOM_REAL, DOM_TRUE, DOM_OTHER };

#define DOM_MAX_STEPS 16 /* longer paths find nothing */

struct dom_value {
    enum dom_kind kind;
    tamis_str string;  /* DOM_STRING */
    uint64_t count;    /* DOM_COUNT */
    int64_t negative;  /* DOM_NEGATIVE */
    double real;       /* every number */
    uint32_t steps[DOM_MAX_STEPS]; /* the place: which member of each object on the way */
    size_t depth;
};

static inline bool dom_is_number(const struct dom_value *value)
{
    return value->kind == DOM_COUNT || value->kind == DOM_NEGATIVE || value->kind == DOM_REAL;
}

struct dom *dom_new(void);    /* NULL when memory runs out */
void dom_free(struct dom *d); /* accepts NULL */
/* BUF_PADDING bytes behind `json` must be readable. Nesting deeper than 1001 is DOM_TOO_DEEP. */
enum dom_verdict dom_parse(struct dom *d, tamis_str json);
size_t dom_structurals(const struct dom *d); /* brackets, commas, colons and values of the last parse */
bool dom_is_object(const struct dom *d);
/*
 * The value at a dotted path. A key that holds the dots itself comes before the way through nested objects, and of two
 * ways the one with the longer key first.
 */
void dom_find(const struct dom *d, const char *path, struct dom_value *value);
void dom_root(const struct dom *d, struct dom_value *value); /* what was parsed, as a value */
/*
 * The elements of the array that is the member `key` of an object: numbers as doubles, null as NaN. Returns how many
 * there are, the first `room` of which are written; SIZE_MAX: there is no such array, or an element is something else.
 */
size_t dom_numbers(const struct dom *d, const char *key, double *numbers, size_t room);

struct dom_string {
    char path[80]; /* as dom_find() takes it */
    size_t len;    /* of the string */
};
/* The strings of an object and of the objects in it, in order, those of longer paths left out: at most `room`. */
size_t dom_strings(const struct dom *d, struct dom_string *strings, size_t room);

bool dom_valid_utf8(tamis_str bytes);

#ifdef __cplusplus
}
#endif

#endif
