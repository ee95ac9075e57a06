/* Symmetric positive linear equations, by Cholesky's decomposition. */
#ifndef TAMIS_FIT_CHOLESKY_H
#define TAMIS_FIT_CHOLESKY_H

#include "tamis.h"

/*
 * Decomposes `gram` (count x count, symmetric) after scaling its diagonal to 1: `factor` is count x count, `scale` has
 * count entries. False: it is as good as singular, or not positive.
 */
bool cholesky_factor(const double *gram, size_t count, double *factor, double *scale);
/* Solves gram x = right; `right` may be `x`. */
void cholesky_solve(const double *factor, const double *scale, size_t count, const double *right, double *x);

#endif
