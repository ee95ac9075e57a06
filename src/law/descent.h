/*
 * The lowest sum of Huber penalties of residuals inside a box: Levenberg-Marquardt with the weights of Huber's
 * M-estimator (iteratively reweighted), steps projected onto the box. Deterministic.
 */
#ifndef TAMIS_LAW_DESCENT_H
#define TAMIS_LAW_DESCENT_H

#include "tamis.h"

#define DESCENT_MOST 72 /* variables */

struct descent_problem {
    size_t variables, residuals;
    const double *low, *high; /* the box; infinite where open */
    const double *weight;     /* of each residual's penalty, >= 0; NULL: 1 */
    double huber;             /* where the penalty turns from square to straight */
    /* Residuals at x and, unless NULL, their derivatives: slopes[i * variables + k] = d residual i / d x_k. False: x is
     * no place to be (the step is refused). */
    bool (*residuals_at)(void *context, const double *x, double *residuals, double *slopes);
    void *context;
};

double huber_penalty(double residual, double delta); /* r^2/2, or delta (|r| - delta/2) */

/* Moves `x` downhill to a stationary point; *value is the weighted sum there. TAMIS_IO: out of memory. */
tamis_status descend(const struct descent_problem *problem, double *x, double *value, tamis_err *err) TAMIS_MUST_CHECK;

#endif
