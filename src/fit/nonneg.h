/*
 * Non-negative least squares of a few variables, exactly: every set of variables that may be 0 is tried.
 */
#ifndef TAMIS_FIT_NONNEG_H
#define TAMIS_FIT_NONNEG_H

#include "tamis.h"

#define NONNEG_MOST 6

/*
 * The x >= 0 with the least sum over rows of weight (sum_j a_j x_j - y)^2, given the normal equations: `gram` is
 * count x count (symmetric), `right` is A'Wy, `square` is y'Wy. Returns that least sum (>= 0). With `free` bits set
 * those variables may be negative. Of columns that depend on each other some are left at 0, which loses nothing.
 * `count` is at most NONNEG_MOST.
 */
double nonneg_solve(const double *gram, const double *right, double square, size_t count, unsigned free, double *x);

#endif
