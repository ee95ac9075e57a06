/*
 * The .npy format, version 1.0, for one-dimensional little-endian rows, which begin at a multiple of 64 bytes. Nothing
 * read from a file is trusted: every length is checked against the map.
 */
#include "core/npy.h"

#include "core/npy_header.h"
#include "core/str.h"

#include <inttypes.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "rows are used as they lie in the file");

#define ROW_ALIGNMENT 16u /* what NumPy promised before 1.14 */

static bool same_descr(tamis_str a, tamis_str b, bool *same)
{
    struct buf x, y;
    buf_init(&x, BUF_UNLIMITED);
    buf_init(&y, BUF_UNLIMITED);
    const bool done = npy_descr_spell(&x, a) && npy_descr_spell(&y, b);
    *same = done && str_equal(buf_str(&x), buf_str(&y));
    buf_release(&x);
    buf_release(&y);
    return done;
}

static tamis_status check_descr(const char *path, const char *descr, size_t row_bytes, tamis_err *err)
{
    uint64_t bytes = 0;
    if (!npy_descr_bytes(str_from(descr), &bytes)) {
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

tamis_status npy_begin(struct file_out *f, const char *path, const char *descr, size_t row_bytes, size_t count,
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
    const uint64_t shape = count;
    buf_init(&header, BUF_UNLIMITED);
    status = npy_header_add(&header, descr, &shape, 1)
                 ? file_out_add(f, header.at, header.len, err)
                 : tamis_fail(err, TAMIS_IO, "cannot write %s: no room for its header; close other programs", path);
    buf_release(&header);
    return status;
}

tamis_status npy_write(const char *path, const char *descr, size_t row_bytes, const void *rows, size_t count,
                       tamis_err *err)
{
    struct file_out *f = NULL;
    tamis_status status = file_out_open(&f, path, err);
    if (status != TAMIS_OK) {
        return status;
    }
    status = npy_begin(f, path, descr, row_bytes, count, err);
    status = status != TAMIS_OK ? status : file_out_add(f, rows, count * row_bytes, err);
    if (status == TAMIS_OK) {
        return file_out_commit(f, err);
    }
    file_out_discard(f);
    return status;
}

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

static tamis_status check_rows(const char *path, const struct npy_header *h, const char *descr, size_t row_bytes,
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
    const uint64_t count = h->shape[0];
    if (count > bytes / row_bytes) {
        return tamis_fail(err, TAMIS_INPUT,
                          "%s: cut short: it should hold %" PRIu64 " rows and holds %zu; make or copy it again", path,
                          count, bytes / row_bytes);
    }
    if (count * row_bytes != bytes) {
        return tamis_fail(err, TAMIS_INPUT, "%s: %zu bytes follow its last row; make or copy it again", path,
                          bytes - (size_t)count * row_bytes);
    }
    return TAMIS_OK;
}

static tamis_status find_rows(struct npy *n, const char *path, const char *descr, size_t row_bytes, tamis_err *err)
{
    const tamis_str file = {n->map, n->map_len};
    struct npy_header h;
    if (!npy_header_is(file)) {
        return tamis_fail(err, TAMIS_INPUT, "%s: not a NumPy array of format 1.0; is it the right file?", path);
    }
    if (!npy_header_parse(file, &h) || h.version != 1 || h.fortran || h.dimensions != 1 ||
        h.data_at % ROW_ALIGNMENT != 0) {
        return tamis_fail(err, TAMIS_INPUT,
                          "%s: its header is damaged, or it is not a list of little-endian rows; make or copy it again",
                          path);
    }
    n->rows = file.at + h.data_at;
    n->count = (size_t)h.shape[0];
    return check_rows(path, &h, descr, row_bytes, n->map_len - h.data_at, err);
}

tamis_status npy_open(struct npy *n, const char *path, const char *descr, size_t row_bytes, tamis_err *err)
{
    *n = (struct npy){0};
    tamis_status status = check_descr(path, descr, row_bytes, err);
    status = status ? status : file_map(path, &n->map, &n->map_len, err);
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
