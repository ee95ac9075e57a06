/*
 * The array is plain NumPy in C order; a column of ours is a row of NumPy's. Only the header is mapped.
 */
#include "core/npy_columns.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "core/npy_header.h"
#include "core/str.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are used as they lie in the file");

#define DESCR "'<u8'"

tamis_status npy_columns_begin(struct file_out *f, const char *path, uint64_t columns, uint64_t rows, tamis_err *err)
{
    struct buf header;
    const uint64_t shape[] = {columns, rows};
    buf_init(&header, BUF_UNLIMITED);
    const tamis_status status = npy_header_add(&header, DESCR, shape, 2)
                                    ? file_out_add(f, header.at, header.len, err)
                                    : tamis_fail(err, TAMIS_IO, "cannot write %s: no room for its header; close other "
                                                 "programs", path);
    buf_release(&header);
    return status;
}

static tamis_status check(struct npy_columns *c, tamis_str file, const char *path, uint64_t columns, tamis_err *err)
{
    struct npy_header h;
    if (!npy_header_is(file) || !npy_header_parse(file, &h) || h.version != 1 || h.fortran || h.dimensions != 2 ||
        !str_equal(h.descr, str_from(DESCR))) {
        return tamis_fail(err, TAMIS_INPUT, "%s: its header is damaged, or it is not a table of little-endian 64-bit "
                          "numbers; make or copy it again", path);
    }
    if (h.shape[0] != columns) {
        return tamis_fail(err, TAMIS_INPUT, "%s: its shape begins with %" PRIu64 ", but %" PRIu64 " is needed here; it "
                          "was made by another version or is another file", path, h.shape[0], columns);
    }
    const uint64_t words = (file.len - h.data_at) / sizeof(uint64_t);
    if ((file.len - h.data_at) % sizeof(uint64_t) != 0 || (columns ? words % columns : words) != 0 ||
        (columns ? words / columns : 0) != h.shape[1]) {
        return tamis_fail(err, TAMIS_INPUT, "%s: holds %" PRIu64 " numbers where its shape says %" PRIu64 " x %" PRIu64
                          "; make or copy it again", path, words, columns, h.shape[1]);
    }
    *c = (struct npy_columns){.rows = h.shape[1], .at = h.data_at};
    return TAMIS_OK;
}

tamis_status npy_columns_open(struct npy_columns *c, const char *path, uint64_t columns, tamis_err *err)
{
    const void *map = NULL;
    size_t len = 0;
    *c = (struct npy_columns){0};
    tamis_status status = file_map(path, &map, &len, err);
    if (status == TAMIS_OK) {
        status = check(c, (tamis_str){map, len}, path, columns, err);
        file_unmap(map, len);
    }
    return status;
}

static tamis_status read_all(int fd, char *to, size_t len, off_t at, const char *path, tamis_err *err)
{
    while (len > 0) {
        const ssize_t got = pread(fd, to, len, at);
        if (got < 0 && errno != EINTR) {
            return file_fail(err, errno, "cannot read", path);
        }
        if (got == 0) {
            return tamis_fail(err, TAMIS_INPUT, "%s: cut short while it was read; make or copy it again", path);
        }
        if (got > 0) {
            to += got;
            len -= (size_t)got;
            at += got;
        }
    }
    return TAMIS_OK;
}

tamis_status npy_columns_read(const struct npy_columns *c, const char *path, uint64_t column, uint64_t first,
                              uint64_t *to, size_t count, tamis_err *err)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return file_fail(err, errno, "cannot read", path);
    }
    const uint64_t at = c->at + (column * c->rows + first) * sizeof *to;
    const tamis_status status = read_all(fd, (char *)to, count * sizeof *to, (off_t)at, path, err);
    close(fd);
    return status;
}
