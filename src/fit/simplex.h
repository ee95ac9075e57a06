/*
 * The lowest point of a function of a few variables inside a box: the downhill simplex of Nelder and Mead (The
 * Computer Journal 7, 1965, pp. 308-313), begun again from where it stopped until that gains nothing. Needs no
 * derivatives, draws nothing at random: the same bits for the same function.
 */
#ifndef TAMIS_FIT_SIMPLEX_H
#define TAMIS_FIT_SIMPLEX_H

#include "tamis.h"

#define SIMPLEX_MOST 12 /* variables */

struct simplex_problem {
    size_t count;            /* variables, at most SIMPLEX_MOST */
    const double *low, *high; /* the box; points outside are moved onto it */
    const double *step;      /* first step along each variable, > 0 */
    double (*value)(const void *context, const double *x); /* never NaN; may be +inf */
    const void *context;
};

/* Moves `x` to the lowest point found near it and returns its value. */
double simplex_minimise(const struct simplex_problem *problem, double *x);

#endif
