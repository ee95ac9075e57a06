/*
 * The lowest sum of Huber penalties of residuals inside a box: Levenberg-Marquardt (Marquardt 1963) with the weights of
 * Huber's M-estimator (iteratively reweighted), the step length controlled after Nielsen (1999), bounds as an active
 * set. Deterministic.
 */
#ifndef TAMIS_FIT_DESCENT_H
#define TAMIS_FIT_DESCENT_H

#include "tamis.h"

#define DESCENT_MOST 72 /* variables */

struct descent_problem {
    size_t variables, residuals;
    const double *low, *high; /* the box; infinite where open */
    const double *weight;     /* of each residual's penalty, >= 0; NULL: 1 */
    double huber;             /* where the penalty turns from square to straight; INFINITY: never */
    double tolerance;         /* done when steps gain less than this share of the sum; 0: 1e-12 */
    unsigned steps;           /* at most; 0: 2000 */
    /* Residuals at x and their derivatives: slopes[i * variables + k] = d residual i / d x_k. False: x is no place to
     * be (the step is refused). */
    bool (*residuals_at)(void *context, const double *x, double *residuals, double *slopes);
    void *context;
};

double huber_penalty(double residual, double delta); /* r^2/2, or delta (|r| - delta/2) */

/* Moves `x` (put into the box first) downhill to a stationary point; *value is the weighted sum there, INFINITY when
 * `x` was no place to be. TAMIS_IO: out of memory. */
tamis_status descend(const struct descent_problem *problem, double *x, double *value, tamis_err *err) TAMIS_MUST_CHECK;

#endif
