/*
 * OpenBLAS, loaded by whoever has matrices to multiply: it takes milliseconds to load and would begin with threads of
 * its own that spin for a while, and most of the program has no use for it.
 */
#ifndef TAMIS_SCORERS_BLAS_H
#define TAMIS_SCORERS_BLAS_H

#include "tamis.h"

#include <cblas.h>

/* c = alpha a b + beta c, as cblas_sgemm(). */
typedef void blas_sgemm(enum CBLAS_ORDER order, enum CBLAS_TRANSPOSE turn_a, enum CBLAS_TRANSPOSE turn_b, blasint rows,
                        blasint columns, blasint inner, float alpha, const float *a, blasint a_stride, const float *b,
                        blasint b_stride, float beta, float *c, blasint c_stride);

struct blas {
    void *library;
    blas_sgemm *sgemm; /* by any number of threads at once, each product by one */
};

/* Its own threads are switched off for the whole process. Cannot be loaded: TAMIS_IO. */
tamis_status blas_open(struct blas *blas, tamis_err *err) TAMIS_MUST_CHECK;
void blas_close(struct blas *blas); /* accepts one that was never opened, all zeros */

#endif
