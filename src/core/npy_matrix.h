/*
 * NumPy arrays of one or two dimensions that other programs made (.npy 1.0, 2.0, 3.0), mapped and read row by row:
 * half, single and double reals, whole numbers of 1 to 8 bytes, and lists of strings; in either byte order, rows one
 * after the other. Anything else is refused by name.
 */
#ifndef TAMIS_CORE_NPY_MATRIX_H
#define TAMIS_CORE_NPY_MATRIX_H

#include "core/file.h"

struct npy_matrix {
    uint64_t rows;
    size_t columns;     /* a list is one column; 0 only where there are no rows */
    bool texts;         /* elements are strings, not numbers */
    char kind;          /* as NumPy names it: f, i, u, S or U */
    bool swapped;       /* big-endian */
    size_t item;        /* bytes of an element */
    const unsigned char *at; /* the first element */
    const void *map;
    size_t map_len;
};

/* TAMIS_INPUT: not such an array, cut short, or longer than it says. Zeroed on failure. */
tamis_status npy_matrix_open(struct npy_matrix *m, const char *path, tamis_err *err) TAMIS_MUST_CHECK;
void npy_matrix_close(struct npy_matrix *m); /* a zeroed one is fine */

/* The numbers of row `row`, as doubles; of a matrix of texts they are NaN. */
void npy_matrix_row(const struct npy_matrix *m, uint64_t row, double *values);
/* Appends the first element of a row as text: a string without the NUL characters at its end, the decimals of a whole
 * number. What is no text (a real, half a surrogate pair) appends nothing; bytes are not checked to be UTF-8. False: no
 * memory. */
bool npy_matrix_text(const struct npy_matrix *m, uint64_t row, struct buf *text) TAMIS_MUST_CHECK;
/* The rows before `row` are not needed soon: gives their memory back. */
void npy_matrix_pass(const struct npy_matrix *m, uint64_t row);

#endif
