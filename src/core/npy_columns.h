/*
 * Columns of unsigned 64-bit numbers, all of one length, in a two-dimensional .npy array of shape (columns, rows): one
 * column lies in one piece and is read without its neighbours, and without a map, so that memory stays what the reader
 * gives.
 */
#ifndef TAMIS_CORE_NPY_COLUMNS_H
#define TAMIS_CORE_NPY_COLUMNS_H

#include "core/file.h"

struct npy_columns {
    uint64_t rows;
    uint64_t at; /* offset of the first column in the file */
};

/* Adds the header of such an array to a file that is still empty. */
tamis_status npy_columns_begin(struct file_out *f, const char *path, uint64_t columns, uint64_t rows, tamis_err *err)
    TAMIS_MUST_CHECK;
/* TAMIS_INPUT: no such array of `columns` columns, cut short, or longer than it says. */
tamis_status npy_columns_open(struct npy_columns *c, const char *path, uint64_t columns, tamis_err *err)
    TAMIS_MUST_CHECK;
/* Rows `first` to `first` + `count` of a column; they are there. From any thread. */
tamis_status npy_columns_read(const struct npy_columns *c, const char *path, uint64_t column, uint64_t first,
                              uint64_t *to, size_t count, tamis_err *err) TAMIS_MUST_CHECK;

#endif
