/*
 * Elements are taken byte by byte from the map, so that neither byte order nor alignment matters. The header is
 * believed only after its shape has been held against the size of the file.
 */
#define _DEFAULT_SOURCE /* madvise */
#include "core/npy_matrix.h"

#include "core/npy_header.h"
#include "core/str.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef MADV_DONTNEED
#define forget(at, len) madvise(at, len, MADV_DONTNEED)
#else
#define forget(at, len) posix_madvise(at, len, POSIX_MADV_DONTNEED)
#endif

/* ---- Numbers ---------------------------------------------------------------------------------------------------- */

static uint64_t take_bits(const unsigned char *at, size_t bytes, bool swapped)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < bytes; i++) {
        bits = bits << 8 | at[swapped ? i : bytes - 1 - i];
    }
    return bits;
}

/* IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits. */
static double half_value(uint64_t bits)
{
    const double sign = bits & 0x8000u ? -1.0 : 1.0;
    const unsigned exponent = (unsigned)(bits >> 10) & 31u;
    const double fraction = (double)(bits & 1023u);
    if (exponent == 31) {
        return fraction > 0 ? (double)NAN : sign * (double)INFINITY;
    }
    if (exponent == 0) {
        return sign * fraction * 0x1p-24;
    }
    double value = sign * (1024 + fraction) * 0x1p-25;
    for (unsigned i = 0; i < exponent; i++) {
        value *= 2; /* exact */
    }
    return value;
}

static double real_value(uint64_t bits, size_t bytes)
{
    if (bytes == 2) {
        return half_value(bits);
    }
    double value = 0;
    if (bytes == 4) {
        const uint32_t narrow = (uint32_t)bits;
        float single = 0;
        memcpy(&single, &narrow, sizeof single);
        return (double)single;
    }
    memcpy(&value, &bits, sizeof value);
    return value;
}

static bool is_below_zero(uint64_t bits, size_t bytes)
{
    return bits >> ((8 * bytes - 1) & 63u) != 0;
}

/* The value without its sign, of two's complement in `bytes` bytes. */
static uint64_t magnitude(uint64_t bits, size_t bytes)
{
    const uint64_t mask = bytes == 8 ? UINT64_MAX : ((uint64_t)1 << (8 * bytes)) - 1;
    return is_below_zero(bits, bytes) ? (~bits + 1) & mask : bits;
}

static double number_at(const struct npy_matrix *m, const unsigned char *at)
{
    const uint64_t bits = take_bits(at, m->item, m->swapped);
    if (m->kind == 'f') {
        return real_value(bits, m->item);
    }
    if (m->kind == 'u') {
        return (double)bits;
    }
    const double value = (double)magnitude(bits, m->item);
    return is_below_zero(bits, m->item) ? -value : value;
}

static const unsigned char *row_at(const struct npy_matrix *m, uint64_t row)
{
    return m->at + (size_t)row * m->columns * m->item;
}

void npy_matrix_row(const struct npy_matrix *m, uint64_t row, double *values)
{
    const unsigned char *at = row_at(m, row);
    for (size_t i = 0; i < m->columns; i++, at += m->item) {
        values[i] = m->texts ? (double)NAN : number_at(m, at);
    }
}

void npy_matrix_pass(const struct npy_matrix *m, uint64_t row)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t len = (size_t)(row_at(m, row) - (const unsigned char *)m->map) / page * page;
    if (len > 0) {
        (void)forget((void *)(uintptr_t)m->map, len);
    }
}

/* ---- Texts ------------------------------------------------------------------------------------------------------ */

static bool add_utf8(struct buf *text, uint32_t c)
{
    char bytes[4];
    size_t len = 1;
    if (c < 0x80) {
        bytes[0] = (char)c;
    } else {
        len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        for (size_t i = len; i-- > 1; c >>= 6) {
            bytes[i] = (char)(0x80 | (c & 0x3f));
        }
        bytes[0] = (char)((0xf00u >> len & 0xf0u) | c);
    }
    return buf_add(text, bytes, len);
}

static bool add_characters(const struct npy_matrix *m, const unsigned char *at, struct buf *text)
{
    const size_t start = text->len;
    size_t count = m->item / 4;
    while (count > 0 && take_bits(at + 4 * (count - 1), 4, m->swapped) == 0) {
        count--;
    }
    for (size_t i = 0; i < count; i++) {
        const uint32_t c = (uint32_t)take_bits(at + 4 * i, 4, m->swapped);
        if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) {
            text->len = start;
            return true;
        }
        if (!add_utf8(text, c)) {
            return false;
        }
    }
    return true;
}

bool npy_matrix_text(const struct npy_matrix *m, uint64_t row, struct buf *text)
{
    const unsigned char *const at = row_at(m, row);
    if (m->kind == 'f') {
        return true;
    }
    if (m->kind == 'U') {
        return add_characters(m, at, text);
    }
    if (m->kind == 'S') {
        size_t len = m->item;
        while (len > 0 && at[len - 1] == '\0') {
            len--;
        }
        return buf_add(text, at, len);
    }
    const uint64_t bits = take_bits(at, m->item, m->swapped);
    const bool negative = m->kind == 'i' && is_below_zero(bits, m->item);
    return buf_printf(text, "%s%" PRIu64, negative ? "-" : "", negative ? magnitude(bits, m->item) : bits);
}

/* ---- Opening ---------------------------------------------------------------------------------------------------- */

static bool is_number_size(char kind, uint64_t bytes)
{
    return bytes == 2 || bytes == 4 || bytes == 8 || (bytes == 1 && kind != 'f');
}

/* '<f4', '>i8', '|S12', '<U7'; with its quotes. */
static bool take_type(struct npy_matrix *m, tamis_str descr)
{
    uint64_t bytes = 0;
    if (descr.len < 5 || !str_count((tamis_str){descr.at + 3, descr.len - 4}, &bytes) || bytes == 0 ||
        bytes > (uint64_t)1 << 32) {
        return false;
    }
    const char order = descr.at[1];
    m->kind = descr.at[2];
    m->texts = m->kind == 'S' || m->kind == 'U';
    m->item = (size_t)bytes * (m->kind == 'U' ? 4 : 1);
    m->swapped = order == '>';
    const bool bytewise = m->kind == 'S' || m->item == 1;
    const bool ordered = order == '<' || order == '>' || (order == '|' && bytewise);
    const bool number = m->kind == 'f' || m->kind == 'i' || m->kind == 'u';
    return ordered && (m->texts || (number && is_number_size(m->kind, bytes)));
}

static tamis_status check_size(const struct npy_matrix *m, const char *path, size_t bytes, tamis_err *err)
{
    if (m->columns == 0 && m->rows > 0) {
        return tamis_fail(err, TAMIS_INPUT, "%s: its rows are empty; write it again with a column per checkpoint",
                          path);
    }
    const size_t held = m->columns > 0 ? bytes / m->item / m->columns : 0;
    if (m->rows > held) {
        return tamis_fail(err, TAMIS_INPUT,
                          "%s: cut short: it should hold %" PRIu64 " rows of %zu and holds %zu; make or copy it again",
                          path, m->rows, m->columns, held);
    }
    if ((size_t)m->rows * m->columns * m->item != bytes) {
        return tamis_fail(err, TAMIS_INPUT, "%s: %zu bytes follow its last row; make or copy it again", path,
                          bytes - (size_t)m->rows * m->columns * m->item);
    }
    return TAMIS_OK;
}

static tamis_status take_header(struct npy_matrix *m, const char *path, const struct npy_header *h, tamis_err *err)
{
    if (h->dimensions < 1 || h->dimensions > 2) {
        return tamis_fail(err, TAMIS_INPUT, "%s: has %u dimensions; a list or a matrix (rows, columns) is needed", path,
                          h->dimensions);
    }
    m->rows = h->shape[0];
    m->columns = h->dimensions == 2 ? (size_t)h->shape[1] : 1;
    if (h->fortran && h->dimensions == 2) {
        return tamis_fail(err, TAMIS_INPUT,
                          "%s: is stored column by column (Fortran order); save numpy.ascontiguousarray(..) of it",
                          path);
    }
    if (!take_type(m, h->descr)) {
        return tamis_fail(err, TAMIS_INPUT,
                          "%s: its elements are %.*s; reals (f2, f4, f8), whole numbers (i1 to u8) or strings (S, U) "
                          "are needed, not objects or records",
                          path, STR_ARGS(h->descr));
    }
    return TAMIS_OK;
}

static tamis_status find_elements(struct npy_matrix *m, const char *path, tamis_err *err)
{
    const tamis_str file = {m->map, m->map_len};
    struct npy_header h;
    if (!npy_header_is(file)) {
        return tamis_fail(err, TAMIS_INPUT, "%s: not a NumPy array (.npy 1.0 to 3.0); is it the right file?", path);
    }
    if (!npy_header_parse(file, &h)) {
        return tamis_fail(err, TAMIS_INPUT, "%s: its header is damaged; make or copy it again", path);
    }
    m->at = (const unsigned char *)m->map + h.data_at;
    const tamis_status status = take_header(m, path, &h, err);
    return status ? status : check_size(m, path, m->map_len - h.data_at, err);
}

tamis_status npy_matrix_open(struct npy_matrix *m, const char *path, tamis_err *err)
{
    *m = (struct npy_matrix){0};
    tamis_status status = file_map(path, &m->map, &m->map_len, err);
    if (status) {
        return status;
    }
    status = find_elements(m, path, err);
    if (status) {
        npy_matrix_close(m);
    }
    return status;
}

void npy_matrix_close(struct npy_matrix *m)
{
    file_unmap(m->map, m->map_len);
    *m = (struct npy_matrix){0};
}
