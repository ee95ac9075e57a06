/*
 * The .npy format, version 1.0 (NumPy Enhancement Proposal 1), for one-dimensional little-endian rows:
 *
 *     93 'N' 'U' 'M' 'P' 'Y' 01 00 | u16 header length | header, padded with spaces, LF | rows
 *
 * The header is a Python dictionary; rows begin at a multiple of 64 bytes. Dtypes are compared in NumPy's own spelling,
 * which ignores spaces between tokens. Nothing read from a file is trusted: every length is checked against the map.
 */
#include "core/npy.h"

#include "core/str.h"

#include <inttypes.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "rows are used as they lie in the file");

#define MAGIC "\x93NUMPY\x01\x00"
#define MAGIC_BYTES 8u
#define PREAMBLE_BYTES 10u
#define ALIGNMENT 64u
#define ROW_ALIGNMENT 16u /* what NumPy promised before 1.14 */
#define HEADER_MOST 65535u
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

/* The bytes of a row. Moves the cursor behind the dtype; false when it is none this module knows. */
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

/* The dtype in NumPy's spelling: one space after commas, none elsewhere. */
static bool add_spelled(struct buf *out, tamis_str descr)
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

static bool same_descr(tamis_str a, tamis_str b, bool *same)
{
    struct buf x, y;
    buf_init(&x, BUF_UNLIMITED);
    buf_init(&y, BUF_UNLIMITED);
    const bool done = add_spelled(&x, a) && add_spelled(&y, b);
    *same = done && str_equal(buf_str(&x), buf_str(&y));
    buf_release(&x);
    buf_release(&y);
    return done;
}

static tamis_status check_descr(const char *path, const char *descr, size_t row_bytes, tamis_err *err)
{
    struct cursor c = {descr, descr + strlen(descr)};
    uint64_t bytes = 0;
    const bool known = take_descr(&c, &bytes);
    skip_spaces(&c);
    if (!known || c.at != c.end) {
        return tamis_fail(err, TAMIS_INTERNAL, "%s: the row type %s is not understood; please report this", path,
                          descr);
    }
    if (bytes != row_bytes) {
        return tamis_fail(err, TAMIS_INTERNAL, "%s: rows of %s have %" PRIu64 " bytes, not %zu: please report", path,
                          descr, bytes, row_bytes);
    }
    return TAMIS_OK;
}

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

static bool add_header(struct buf *out, const char *descr, size_t count)
{
    if (!buf_add(out, MAGIC "\0\0", PREAMBLE_BYTES) || !buf_add_str(out, STR("{'descr': ")) ||
        !add_spelled(out, str_from(descr)) ||
        !buf_printf(out, ", 'fortran_order': False, 'shape': (%zu,), }", count)) {
        return false;
    }
    while ((out->len + 1) % ALIGNMENT != 0) {
        if (!buf_add_char(out, ' ')) {
            return false;
        }
    }
    if (!buf_add_char(out, '\n')) {
        return false;
    }
    const size_t len = out->len - PREAMBLE_BYTES;
    out->at[MAGIC_BYTES] = (char)(len & 0xff);
    out->at[MAGIC_BYTES + 1] = (char)(len >> 8);
    return true;
}

static tamis_status write_rows(const char *path, const struct buf *header, const void *rows, size_t bytes,
                               tamis_err *err)
{
    struct file_out *f = NULL;
    tamis_status status = file_out_open(&f, path, err);
    if (status != TAMIS_OK) {
        return status;
    }
    status = file_out_add(f, header->at, header->len, err);
    if (status == TAMIS_OK) {
        status = file_out_add(f, rows, bytes, err);
    }
    if (status == TAMIS_OK) {
        return file_out_commit(f, err);
    }
    file_out_discard(f);
    return status;
}

tamis_status npy_write(const char *path, const char *descr, size_t row_bytes, const void *rows, size_t count,
                       tamis_err *err)
{
    tamis_status status = check_descr(path, descr, row_bytes, err);
    if (status != TAMIS_OK) {
        return status;
    }
    if (count > SIZE_MAX / row_bytes) {
        return tamis_fail(err, TAMIS_INTERNAL, "%s: %zu rows of %zu bytes cannot be; please report this", path, count,
                          row_bytes);
    }
    struct buf header;
    buf_init(&header, PREAMBLE_BYTES + HEADER_MOST);
    if (add_header(&header, descr, count)) {
        status = write_rows(path, &header, rows, count * row_bytes, err);
    } else {
        status = tamis_fail(err, TAMIS_IO, "cannot write %s: no room for its header; close other programs", path);
    }
    buf_release(&header);
    return status;
}

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

struct header {
    tamis_str descr;
    uint64_t row_bytes, count;
    unsigned seen; /* bits of the keys */
};

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

/* One `'key': value`, each key at most once. */
static bool take_entry(struct cursor *c, struct header *h)
{
    tamis_str key;
    if (!take_quoted(c, &key) || !take(c, ':')) {
        return false;
    }
    unsigned bit = 0;
    bool good = false;
    if (str_is(key, "descr")) {
        bit = KEY_DESCR;
        skip_spaces(c);
        const char *const from = c->at;
        good = take_descr(c, &h->row_bytes);
        h->descr = (tamis_str){from, (size_t)(c->at - from)};
    } else if (str_is(key, "fortran_order")) {
        bit = KEY_ORDER;
        good = take_word(c, STR("False"));
    } else if (str_is(key, "shape")) {
        bit = KEY_SHAPE;
        good = take(c, '(') && take_number(c, &h->count) && take(c, ',') && take(c, ')');
    }
    good = good && (h->seen & bit) == 0;
    h->seen |= bit;
    return good;
}

static bool parse_header(tamis_str text, struct header *h)
{
    *h = (struct header){0};
    if (text.len == 0 || text.at[text.len - 1] != '\n') {
        return false;
    }
    struct cursor c = {text.at, text.at + text.len - 1};
    if (!take(&c, '{')) {
        return false;
    }
    while (!take(&c, '}')) {
        if (!take_entry(&c, h)) {
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
    return c.at == c.end && h->seen == KEY_ALL;
}

static tamis_status check_rows(const char *path, const struct header *h, const char *descr, size_t row_bytes,
                               size_t bytes, tamis_err *err)
{
    bool same = false;
    if (!same_descr(h->descr, str_from(descr), &same)) {
        return tamis_fail(err, TAMIS_IO, "cannot read %s: not enough memory; close other programs", path);
    }
    if (!same) {
        return tamis_fail(err, TAMIS_INPUT,
                          "%s: its rows are %.*s, but %s is needed here; it was made by another version or is another "
                          "file",
                          path, STR_ARGS(h->descr), descr);
    }
    if (h->count > bytes / row_bytes) {
        return tamis_fail(err, TAMIS_INPUT,
                          "%s: cut short: it should hold %" PRIu64 " rows and holds %zu; make or copy it again", path,
                          h->count, bytes / row_bytes);
    }
    if (h->count * row_bytes != bytes) {
        return tamis_fail(err, TAMIS_INPUT, "%s: %zu bytes follow its last row; make or copy it again", path,
                          bytes - (size_t)h->count * row_bytes);
    }
    return TAMIS_OK;
}

static tamis_status find_rows(struct npy *n, const char *path, const char *descr, size_t row_bytes, tamis_err *err)
{
    const char *const file = n->map;
    if (n->map_len < PREAMBLE_BYTES || memcmp(file, MAGIC, MAGIC_BYTES) != 0) {
        return tamis_fail(err, TAMIS_INPUT, "%s: not a NumPy array of format 1.0; is it the right file?", path);
    }
    const size_t header_bytes = (size_t)(unsigned char)file[MAGIC_BYTES] |
                                (size_t)(unsigned char)file[MAGIC_BYTES + 1] << 8;
    const size_t rows_at = PREAMBLE_BYTES + header_bytes;
    struct header h;
    if (rows_at > n->map_len || rows_at % ROW_ALIGNMENT != 0 ||
        !parse_header((tamis_str){file + PREAMBLE_BYTES, header_bytes}, &h)) {
        return tamis_fail(err, TAMIS_INPUT,
                          "%s: its header is damaged, or it is not a list of little-endian rows; make or copy it again",
                          path);
    }
    n->rows = file + rows_at;
    n->count = (size_t)h.count;
    return check_rows(path, &h, descr, row_bytes, n->map_len - rows_at, err);
}

tamis_status npy_open(struct npy *n, const char *path, const char *descr, size_t row_bytes, tamis_err *err)
{
    *n = (struct npy){0};
    tamis_status status = check_descr(path, descr, row_bytes, err);
    if (status == TAMIS_OK) {
        status = file_map(path, &n->map, &n->map_len, err);
    }
    if (status != TAMIS_OK) {
        return status;
    }
    status = find_rows(n, path, descr, row_bytes, err);
    if (status != TAMIS_OK) {
        npy_close(n);
    }
    return status;
}

void npy_close(struct npy *n)
{
    file_unmap(n->map, n->map_len);
    *n = (struct npy){0};
}
