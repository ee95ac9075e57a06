/*
 * The mixture with the least weighted sum of losses by the exponential mixing law, exactly: the sum is convex in the
 * shares, so share is moved between the two domains that gain most by it until none gain.
 */
#ifndef TAMIS_PLAN_MIXTURE_H
#define TAMIS_PLAN_MIXTURE_H

#include "law/mixing.h"

struct mixture {
    const struct mixing *laws; /* k >= 0; all over the same `domains` */
    const double *weights;     /* of each law, >= 0 */
    size_t laws_count, domains; /* domains <= MIXING_MOST */
    const double *low, *high;  /* of each share, 0 <= low <= high <= 1; sums of low <= 1 <= sums of high */
};

double mixture_at(const struct mixture *mixture, const double *shares);

struct mixture_best {
    double value;   /* the weighted sum of losses */
    double gap;     /* no mixture is better by more, nats */
    unsigned steps;
};
/*
 * Shares of the best mixture; the same bits for the same question. TAMIS_INPUT: the bounds leave no mixture; TAMIS_IO:
 * no memory.
 */
tamis_status mixture_best(const struct mixture *mixture, double *shares, struct mixture_best *best, tamis_err *err)
    TAMIS_MUST_CHECK;

#endif
