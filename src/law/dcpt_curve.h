/*
 * The D-CPT law (Que et al. 2024, arXiv 2406.01375, parametrisation L3) of one loss, in nats per token:
 *
 *     L(N, D, r) = E + A / N^alpha + B r^eta / D^beta + C / (r + eps)^gamma
 *
 * with N parameters, D training tokens and r the share of the tokens that the loss is about: the domain's share for the
 * loss of the domain, 1 minus it for the general loss. A and B belong to N and D in billions (DCPT_UNIT); arguments here
 * are in ones. Where A (or B) is 0, N (or D) is not looked at and may be NaN: the single-size form and the r-effect form
 * of one size and one number of tokens are curves of this kind.
 */
#ifndef TAMIS_LAW_DCPT_CURVE_H
#define TAMIS_LAW_DCPT_CURVE_H

#include "tamis.h"

#define DCPT_UNIT 1e9

struct dcpt_curve {
    double e, a, b, c;             /* >= 0 */
    double alpha, beta;            /* > 0 */
    double eta, eps, gamma;        /* eta >= 1; eps, gamma > 0 */
};

/* share in [0, 1]; N, D > 0. */
double dcpt_at(const struct dcpt_curve *curve, double parameters, double tokens, double share);
/* dL/dr and d2L/dr2; r^(eta - 1) is 1 at r = 0 when eta is 1. */
double dcpt_slope(const struct dcpt_curve *curve, double tokens, double share);
double dcpt_bend(const struct dcpt_curve *curve, double tokens, double share);
/*
 * The fewest tokens (ones) at which the loss falls with the share over all of [0, 1]:
 * (B eta (1 + eps)^(gamma + 1) / (C gamma))^(1 / beta), since with eta >= 1 the curve is convex and r = 1 is its worst
 * point. 0 where B is 0; INFINITY where C is 0 and B is not.
 */
double dcpt_least_tokens(const struct dcpt_curve *curve);
/* The share of the lowest loss at D: 1 unless D is below dcpt_least_tokens(). By bisection of the slope. */
double dcpt_lowest(const struct dcpt_curve *curve, double tokens);

#endif
