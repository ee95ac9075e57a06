/*
 * A JSON writer that cannot misplace a comma. Escaping hides what could disturb a terminal or a line reader: C0 and C1
 * controls, the two Unicode line separators, and the marks that turn the direction of text. It reads nothing.
 */
#include "core/json.h"

#include <math.h>
#include <string.h>

#include "core/decimals.h"
#include "core/str.h"

void json_init(struct json *j, struct buf *out, int indent)
{
    *j = (struct json){.out = out, .indent = indent};
}

static void put(struct json *j, tamis_str s)
{
    j->failed = j->failed || !buf_add_str(j->out, s);
}

static void put_char(struct json *j, char c)
{
    struct buf *const out = j->out;
    if (out->len < out->cap && !j->failed) {
        out->at[out->len++] = c;
        out->at[out->len] = '\0';
    } else {
        put(j, (tamis_str){&c, 1});
    }
}

static void put_line(struct json *j)
{
    if (j->indent > 0) {
        put_char(j, '\n');
        for (int i = 0; i < j->indent * j->depth; i++) {
            put_char(j, ' ');
        }
    }
}

/* What stands before a key or a value. */
static void before(struct json *j)
{
    if (j->keyed) {
        j->keyed = false;
    } else if (j->depth > 0) {
        if (j->comma) {
            put_char(j, ',');
        }
        put_line(j);
    }
    j->comma = true;
}

void json_open(struct json *j, char bracket)
{
    before(j);
    put_char(j, bracket);
    j->depth++;
    j->comma = false;
}

void json_close(struct json *j, char bracket)
{
    if (j->depth == 0) {
        j->failed = true;
        return;
    }
    j->depth--;
    if (j->comma) {
        put_line(j);
    }
    put_char(j, bracket);
    j->comma = true;
}

/* ---- Strings ---------------------------------------------------------------------------------------------------- */

/* The character at s[i] if it is one to be hidden, else 0; *bytes receives its length. */
static unsigned hidden_at(tamis_str s, size_t i, size_t *bytes)
{
    const unsigned char a = (unsigned char)s.at[i];
    const unsigned char b = i + 1 < s.len ? (unsigned char)s.at[i + 1] : 0;
    const unsigned char c = i + 2 < s.len ? (unsigned char)s.at[i + 2] : 0;
    if (a == 0xc2 && b >= 0x80 && b <= 0x9f) { /* C1 controls */
        *bytes = 2;
        return b;
    }
    if (a == 0xd8 && b == 0x9c) { /* Arabic letter mark */
        *bytes = 2;
        return 0x61c;
    }
    *bytes = 3;
    if (a == 0xe2 && b == 0x80 && (c == 0x8e || c == 0x8f || (c >= 0xa8 && c <= 0xae))) {
        return 0x2000u + (c - 0x80u); /* direction marks, line and paragraph separator, embeddings, overrides */
    }
    if (a == 0xe2 && b == 0x81 && c >= 0xa6 && c <= 0xa9) {
        return 0x2040u + (c - 0x80u); /* isolates */
    }
    return 0;
}

static void put_escape(struct json *j, unsigned character)
{
    const char short_form = character == '\n'   ? 'n'
                            : character == '\t' ? 't'
                            : character == '\r' ? 'r'
                            : character == '\b' ? 'b'
                            : character == '\f' ? 'f'
                            : character == '"'  ? '"'
                            : character == '\\' ? '\\'
                                                : '\0';
    if (short_form != '\0') {
        put(j, (tamis_str){(const char[]){'\\', short_form}, 2});
    } else {
        j->failed = j->failed || !buf_printf(j->out, "\\u%04x", character);
    }
}

/* Whether the 8 bytes at `s` are printable ASCII but for quotes and backslashes: such are written as they are. */
static bool all_plain(const char *s)
{
    const uint64_t ones = UINT64_MAX / 255, tops = ones << 7;
    uint64_t bytes;
    memcpy(&bytes, s, sizeof bytes);
    const uint64_t quotes = bytes ^ (ones * '"'), slashes = bytes ^ (ones * '\\');
    return (((bytes - ones * 0x20) | (bytes + ones) | bytes | (quotes - ones) | (slashes - ones)) & tops) == 0;
}

static void put_string(struct json *j, tamis_str s)
{
    put_char(j, '"');
    size_t plain = 0; /* start of the bytes not yet written */
    for (size_t i = 0; i < s.len;) {
        if (s.len - i >= 8 && all_plain(s.at + i)) {
            i += 8;
            continue;
        }
        const unsigned char c = (unsigned char)s.at[i];
        size_t bytes = 1;
        unsigned hidden = 0;
        if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f) {
            hidden = c;
        } else if (c == 0xc2 || c == 0xd8 || c == 0xe2) {
            hidden = hidden_at(s, i, &bytes);
        }
        if (hidden == 0 && c != 0) {
            i++;
            continue;
        }
        put(j, (tamis_str){s.at + plain, i - plain});
        put_escape(j, hidden);
        i += bytes;
        plain = i;
    }
    if (plain < s.len) {
        put(j, (tamis_str){s.at + plain, s.len - plain});
    }
    put_char(j, '"');
}

void json_key(struct json *j, const char *key)
{
    before(j);
    put_string(j, str_from(key));
    put_char(j, ':');
    if (j->indent > 0) {
        put_char(j, ' ');
    }
    j->keyed = true;
}

void json_str(struct json *j, tamis_str s)
{
    before(j);
    put_string(j, s);
}

void json_text(struct json *j, const char *text)
{
    if (text == NULL) {
        json_null(j);
    } else {
        json_str(j, str_from(text));
    }
}

/* ---- The other values ------------------------------------------------------------------------------------------- */

void json_raw(struct json *j, tamis_str value)
{
    before(j);
    put(j, value);
}

void json_count(struct json *j, uint64_t value)
{
    char text[DECIMALS_BYTES];
    json_raw(j, (tamis_str){text, decimals_count(value, text)});
}

void json_real(struct json *j, double value)
{
    char text[DECIMALS_BYTES];
    if (isfinite(value)) {
        json_raw(j, (tamis_str){text, decimals_write(value, text)});
    } else {
        json_null(j);
    }
}

void json_bool(struct json *j, bool value)
{
    json_raw(j, value ? STR("true") : STR("false"));
}

void json_null(struct json *j)
{
    json_raw(j, STR("null"));
}

void json_key_str(struct json *j, const char *key, tamis_str s)
{
    json_key(j, key);
    json_str(j, s);
}

void json_key_text(struct json *j, const char *key, const char *text)
{
    json_key(j, key);
    json_text(j, text);
}

void json_key_count(struct json *j, const char *key, uint64_t value)
{
    json_key(j, key);
    json_count(j, value);
}

void json_key_real(struct json *j, const char *key, double value)
{
    json_key(j, key);
    json_real(j, value);
}

void json_key_range(struct json *j, const char *key, double low, double high)
{
    json_key(j, key);
    if (isnan(low) || isnan(high)) {
        json_null(j);
        return;
    }
    json_open(j, '[');
    json_real(j, low);
    json_real(j, high);
    json_close(j, ']');
}

void json_key_bool(struct json *j, const char *key, bool value)
{
    json_key(j, key);
    json_bool(j, value);
}
