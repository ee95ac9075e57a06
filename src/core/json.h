/*
 * Writing JSON into a buf. Commas are placed by the writer, at depth 0 none: lines belong to the caller. A failed
 * allocation is remembered in `failed` and checked once at the end. Strings must be valid UTF-8; quotes, backslashes
 * and control characters are escaped, and U+2028, U+2029 and bidirectional controls are written as \u escapes.
 */
#ifndef TAMIS_CORE_JSON_H
#define TAMIS_CORE_JSON_H

#include "core/buf.h"

struct json {
    struct buf *out;
    bool comma;  /* a value stands before the next one */
    bool failed; /* out of memory or over the cap: what was written is not complete */
    int indent;  /* spaces per level, 0: one line */
    int depth;
    bool keyed;  /* a key stands before the next value */
};

void json_init(struct json *j, struct buf *out, int indent);
void json_open(struct json *j, char bracket); /* '{' or '[' */
void json_close(struct json *j, char bracket); /* '}' or ']' */
void json_key(struct json *j, const char *key);
void json_str(struct json *j, tamis_str s);
void json_text(struct json *j, const char *text); /* NULL writes null */
void json_count(struct json *j, uint64_t value);
void json_real(struct json *j, double value); /* shortest decimals that read back equal; NaN and inf write null */
void json_bool(struct json *j, bool value);
void json_null(struct json *j);
void json_raw(struct json *j, tamis_str value); /* already JSON */

/* key and value in one call */
void json_key_str(struct json *j, const char *key, tamis_str s);
void json_key_text(struct json *j, const char *key, const char *text);
void json_key_count(struct json *j, const char *key, uint64_t value);
void json_key_real(struct json *j, const char *key, double value);
void json_key_range(struct json *j, const char *key, double low, double high); /* [low, high]; null when one is NaN */
void json_key_bool(struct json *j, const char *key, bool value);

#endif
