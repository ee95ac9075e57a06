/*
 * The header of .npy files (NumPy Enhancement Proposal 1; versions 1.0, 2.0 and 3.0):
 *
 *     93 'N' 'U' 'M' 'P' 'Y' version 00 | length, u16 or from 2.0 u32 | header, padded with spaces, LF | data
 *
 * The header is a Python dictionary of three keys. Nothing in it is trusted: the data behind it may be of any length.
 */
#ifndef TAMIS_CORE_NPY_HEADER_H
#define TAMIS_CORE_NPY_HEADER_H

#include "core/buf.h"

#define NPY_SHAPE_MOST 2

struct npy_header {
    unsigned version;                /* 1, 2 or 3 */
    tamis_str descr;                 /* the dtype as it is spelled in the file, quotes and brackets included */
    bool fortran;                    /* columns one after the other */
    unsigned dimensions;             /* may be more than `shape` holds */
    uint64_t shape[NPY_SHAPE_MOST];  /* 0 beyond the dimensions */
    size_t data_at;                  /* offset of the first element; not beyond the file's end */
};

bool npy_header_is(tamis_str file); /* the magic bytes, and a version that is known */
/* `file`: all of it, or at least its header. `h` points into it. False: no such header, or cut short. */
bool npy_header_parse(tamis_str file, struct npy_header *h) TAMIS_MUST_CHECK;
/* Appends a header of version 1.0 to an empty `out`. False: no memory, or too long. */
bool npy_header_add(struct buf *out, const char *descr, const uint64_t *shape, unsigned dimensions) TAMIS_MUST_CHECK;

/* Bytes of a little-endian row of dtype `descr`, plain or structured; false when it is none that is known here. */
bool npy_descr_bytes(tamis_str descr, uint64_t *row_bytes);
/* Appends `descr` in NumPy's spelling: one space after commas, none elsewhere. False: no memory. */
bool npy_descr_spell(struct buf *out, tamis_str descr) TAMIS_MUST_CHECK;

#endif
