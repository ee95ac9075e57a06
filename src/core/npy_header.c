/*
 * Reading and writing the headers of .npy files. Dtypes are compared in NumPy's own spelling, which ignores spaces
 * between tokens.
 */
#include "core/npy_header.h"

#include "core/str.h"

#include <inttypes.h>
#include <string.h>

#define MAGIC "\x93NUMPY"
#define MAGIC_BYTES 6u
#define VERSION_BYTES 2u
#define ALIGNMENT 64u
#define HEADER_MOST 65535u
#define WIDE_HEADER_MOST ((size_t)1 << 20) /* of versions 2.0 and 3.0 */
#define FIELD_MOST 65535u /* characters or numbers in a field */

/* Python text being read from the left. */
struct cursor {
    const char *at, *end;
};

static void skip_spaces(struct cursor *c)
{
    while (c->at < c->end && *c->at == ' ') {
        c->at++;
    }
}

static bool take(struct cursor *c, char wanted)
{
    skip_spaces(c);
    if (c->at == c->end || *c->at != wanted) {
        return false;
    }
    c->at++;
    return true;
}

static bool take_quoted(struct cursor *c, tamis_str *text)
{
    skip_spaces(c);
    if (c->at == c->end || (*c->at != '\'' && *c->at != '"')) {
        return false;
    }
    const char quote = *c->at++;
    const char *const from = c->at;
    while (c->at < c->end && *c->at != quote && *c->at != '\\') {
        c->at++;
    }
    *text = (tamis_str){from, (size_t)(c->at - from)};
    return take(c, quote); /* a name with an escape is none of ours */
}

static bool take_number(struct cursor *c, uint64_t *value)
{
    skip_spaces(c);
    const char *const from = c->at;
    while (c->at < c->end && *c->at >= '0' && *c->at <= '9') {
        c->at++;
    }
    return str_count((tamis_str){from, (size_t)(c->at - from)}, value);
}

/* ---- Dtypes ----------------------------------------------------------------------------------------------------- */

/* Bytes of a plain dtype such as <u4 or |b1; false for other byte orders and types. */
static bool plain_bytes(tamis_str type, uint64_t *bytes)
{
    if (type.len < 3 || (type.at[0] != '<' && type.at[0] != '|') || strchr("bBiufcSVU", type.at[1]) == NULL ||
        type.at[1] == '\0' || !str_count((tamis_str){type.at + 2, type.len - 2}, bytes) || *bytes > FIELD_MOST) {
        return false;
    }
    *bytes *= type.at[1] == 'U' ? 4 : 1;
    return *bytes > 0;
}

/* ('name', 'type') or ('name', 'type', (N,)) behind the opening bracket. */
static bool take_field(struct cursor *c, uint64_t *bytes)
{
    tamis_str name, type;
    if (!take_quoted(c, &name) || !take(c, ',') || !take_quoted(c, &type) || !plain_bytes(type, bytes)) {
        return false;
    }
    if (take(c, ',')) {
        uint64_t repeats = 0;
        if (!take(c, '(') || !take_number(c, &repeats) || !take(c, ',') || !take(c, ')') || repeats > FIELD_MOST) {
            return false;
        }
        *bytes *= repeats;
    }
    return take(c, ')');
}

/* Moves the cursor behind the dtype. */
static bool take_descr(struct cursor *c, uint64_t *row_bytes)
{
    if (!take(c, '[')) {
        tamis_str type;
        return take_quoted(c, &type) && plain_bytes(type, row_bytes);
    }
    *row_bytes = 0;
    while (take(c, '(')) {
        uint64_t bytes = 0;
        if (!take_field(c, &bytes)) {
            return false;
        }
        *row_bytes += bytes; /* a field is less than 2^34, the header shorter than 2^16: no overflow */
        if (!take(c, ',')) {
            break;
        }
    }
    return take(c, ']') && *row_bytes > 0;
}

bool npy_descr_bytes(tamis_str descr, uint64_t *row_bytes)
{
    struct cursor c = {descr.at, descr.at + descr.len};
    const bool known = take_descr(&c, row_bytes);
    skip_spaces(&c);
    return known && c.at == c.end;
}

bool npy_descr_spell(struct buf *out, tamis_str descr)
{
    char quote = '\0', last = '\0';
    for (size_t i = 0; i < descr.len; i++) {
        char c = descr.at[i];
        const bool outside = quote == '\0';
        if (outside && c == ' ') {
            continue;
        }
        if (c == '\'' || c == '"') {
            quote = outside ? c : c == quote ? '\0' : quote;
            c = '\'';
        }
        if (outside && last == ',' && c != ')' && c != ']' && !buf_add_char(out, ' ')) {
            return false;
        }
        last = c;
        if (!buf_add_char(out, c)) {
            return false;
        }
    }
    return true;
}

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

static bool add_shape(struct buf *out, const uint64_t *shape, unsigned dimensions)
{
    bool fine = true;
    for (unsigned i = 0; fine && i < dimensions; i++) {
        fine = buf_printf(out, "%s%" PRIu64, i > 0 ? ", " : "", shape[i]);
    }
    return fine && (dimensions != 1 || buf_add_char(out, ','));
}

bool npy_header_add(struct buf *out, const char *descr, const uint64_t *shape, unsigned dimensions)
{
    const size_t preamble = MAGIC_BYTES + VERSION_BYTES + 2;
    if (!buf_add(out, MAGIC "\x01\0\0\0", preamble) || !buf_add_str(out, STR("{'descr': ")) ||
        !npy_descr_spell(out, str_from(descr)) || !buf_add_str(out, STR(", 'fortran_order': False, 'shape': (")) ||
        !add_shape(out, shape, dimensions) || !buf_add_str(out, STR("), }"))) {
        return false;
    }
    while ((out->len + 1) % ALIGNMENT != 0) {
        if (!buf_add_char(out, ' ')) {
            return false;
        }
    }
    if (!buf_add_char(out, '\n') || out->len - preamble > HEADER_MOST) {
        return false;
    }
    const size_t len = out->len - preamble;
    out->at[preamble - 2] = (char)(len & 0xff);
    out->at[preamble - 1] = (char)(len >> 8);
    return true;
}

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

enum { KEY_DESCR = 1, KEY_ORDER = 2, KEY_SHAPE = 4, KEY_ALL = 7 };

static bool take_word(struct cursor *c, tamis_str word)
{
    skip_spaces(c);
    if ((size_t)(c->end - c->at) < word.len || memcmp(c->at, word.at, word.len) != 0) {
        return false;
    }
    c->at += word.len;
    return true;
}

/* Any dtype: a string, or a list in brackets. */
static bool take_any_descr(struct cursor *c, tamis_str *descr)
{
    skip_spaces(c);
    const char *const from = c->at;
    size_t depth = 0;
    do {
        tamis_str text;
        skip_spaces(c);
        if (c->at == c->end) {
            return false;
        }
        if (*c->at == '\'' || *c->at == '"') {
            if (!take_quoted(c, &text)) {
                return false;
            }
            continue;
        }
        depth += *c->at == '[' || *c->at == '(';
        if (depth == 0) {
            return false;
        }
        depth -= *c->at == ']' || *c->at == ')';
        c->at++;
    } while (depth > 0);
    *descr = (tamis_str){from, (size_t)(c->at - from)};
    return true;
}

/* (), (N,), (N, M) and so on. */
static bool take_shape(struct cursor *c, struct npy_header *h)
{
    if (!take(c, '(')) {
        return false;
    }
    while (!take(c, ')')) {
        uint64_t size = 0;
        if (!take_number(c, &size)) {
            return false;
        }
        if (h->dimensions < NPY_SHAPE_MOST) {
            h->shape[h->dimensions] = size;
        }
        h->dimensions++;
        if (!take(c, ',')) {
            return h->dimensions > 1 && take(c, ')'); /* (3) is a number in Python */
        }
    }
    return true;
}

/* One `'key': value`, each key at most once. */
static bool take_entry(struct cursor *c, struct npy_header *h, unsigned *seen)
{
    tamis_str key;
    if (!take_quoted(c, &key) || !take(c, ':')) {
        return false;
    }
    unsigned bit = 0;
    bool good = false;
    if (str_is(key, "descr")) {
        bit = KEY_DESCR;
        good = (*seen & bit) == 0 && take_any_descr(c, &h->descr);
    } else if (str_is(key, "fortran_order")) {
        bit = KEY_ORDER;
        h->fortran = take_word(c, STR("True"));
        good = (*seen & bit) == 0 && (h->fortran || take_word(c, STR("False")));
    } else if (str_is(key, "shape")) {
        bit = KEY_SHAPE;
        good = (*seen & bit) == 0 && take_shape(c, h);
    }
    *seen |= bit;
    return good;
}

static bool parse_dictionary(tamis_str text, struct npy_header *h)
{
    if (text.len == 0 || text.at[text.len - 1] != '\n') {
        return false;
    }
    struct cursor c = {text.at, text.at + text.len - 1};
    unsigned seen = 0;
    if (!take(&c, '{')) {
        return false;
    }
    while (!take(&c, '}')) {
        if (!take_entry(&c, h, &seen)) {
            return false;
        }
        if (!take(&c, ',')) {
            if (!take(&c, '}')) {
                return false;
            }
            break;
        }
    }
    skip_spaces(&c);
    return c.at == c.end && seen == KEY_ALL;
}

bool npy_header_is(tamis_str file)
{
    return file.len >= MAGIC_BYTES + VERSION_BYTES && memcmp(file.at, MAGIC, MAGIC_BYTES) == 0 &&
           file.at[MAGIC_BYTES] >= 1 && file.at[MAGIC_BYTES] <= 3 && file.at[MAGIC_BYTES + 1] == 0;
}

bool npy_header_parse(tamis_str file, struct npy_header *h)
{
    *h = (struct npy_header){0};
    if (!npy_header_is(file)) {
        return false;
    }
    h->version = (unsigned)file.at[MAGIC_BYTES];
    const size_t length_bytes = h->version == 1 ? 2 : 4;
    const size_t preamble = MAGIC_BYTES + VERSION_BYTES + length_bytes;
    size_t len = 0;
    for (size_t i = length_bytes; i-- > 0 && file.len >= preamble;) {
        len = len << 8 | (unsigned char)file.at[MAGIC_BYTES + VERSION_BYTES + i];
    }
    if (file.len < preamble || len > WIDE_HEADER_MOST || len > file.len - preamble) {
        return false;
    }
    h->data_at = preamble + len;
    return parse_dictionary((tamis_str){file.at + preamble, len}, h);
}
