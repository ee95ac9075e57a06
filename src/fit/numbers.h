/* Numbers in order: comparisons for sorting, those that are missing (NaN) first. */
#ifndef TAMIS_FIT_NUMBERS_H
#define TAMIS_FIT_NUMBERS_H

#include <math.h>

static inline int by_number(double x, double y)
{
    return isnan(x) || isnan(y) ? isnan(y) - isnan(x) : (x > y) - (x < y);
}

/* For qsort() of doubles. */
static inline int ascending(const void *a, const void *b)
{
    return by_number(*(const double *)a, *(const double *)b);
}

#endif
