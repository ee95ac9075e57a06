/*
 * Structured NumPy arrays (.npy 1.0), little-endian, one dimension: the columns of the ledger.
 * A file is written whole and never changed in place; writing it again replaces it.
 */
#ifndef TAMIS_CORE_NPY_H
#define TAMIS_CORE_NPY_H

#include "core/file.h"

/* `descr` is the dtype as NumPy prints it: "[('part','<u4'),('offset','<u8')]" or "'<u8'". It must match
 * `row_bytes`. */
tamis_status npy_write(const char *path, const char *descr, size_t row_bytes, const void *rows, size_t count,
                       tamis_err *err) TAMIS_MUST_CHECK;

/* The same into a file that is open and still empty: the rows are added with file_out_add(). */
tamis_status npy_begin(struct file_out *f, const char *path, const char *descr, size_t row_bytes, size_t count,
                       tamis_err *err) TAMIS_MUST_CHECK;

struct npy {
    const void *map; /* the mapped file */
    size_t map_len;
    const void *rows;
    size_t count;
};

/* Maps a file whose dtype must be exactly `descr`; anything else is TAMIS_INPUT with both named. */
tamis_status npy_open(struct npy *n, const char *path, const char *descr, size_t row_bytes, tamis_err *err)
    TAMIS_MUST_CHECK;
void npy_close(struct npy *n);

#endif
