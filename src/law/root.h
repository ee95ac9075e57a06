/* The root of a function that grows. */
#ifndef TAMIS_LAW_ROOT_H
#define TAMIS_LAW_ROOT_H

#define ROOT_WIDTH 1e-13

/*
 * The largest x of [low, high] at which `value`, a function that does not fall, is at most 0: where it crosses 0;
 * `high` where it is at most 0 throughout, `low` where it is nowhere. By bisection to ROOT_WIDTH, times the larger of
 * |low| and |high| where that is above 1; the x returned is never beyond the crossing.
 */
double rising_root(double (*value)(const void *context, double x), const void *context, double low, double high);

#endif
