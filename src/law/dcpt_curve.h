/*
 * The D-CPT law (Que et al. 2024, arXiv 2406.01375, parametrisation L3) of one loss, in nats per token:
 *
 *     L(N, D, r) = E + A / N^alpha + B r^eta / D^beta + C / (r + eps)^gamma
 *
 * with N parameters, D training tokens and r the share of the tokens that the loss is about: the domain's share for
 * the loss of the domain, 1 minus it for the general loss. A and B belong to N and D in billions (DCPT_UNIT); arguments
 * here are in ones. Where A (or B) is 0, N (or D) is not looked at and may be NaN: the single-size form and the
 * r-effect form of one size and one number of tokens are curves of this kind.
 */
#ifndef TAMIS_LAW_DCPT_CURVE_H
#define TAMIS_LAW_DCPT_CURVE_H

#include "law/scaling.h"

#define DCPT_UNIT 1e9

struct dcpt_curve {
    double e, a, b, c;             /* >= 0 */
    double alpha, beta;            /* > 0 */
    double eta, eps, gamma;        /* eta >= 1; eps, gamma > 0 */
};

/* share in [0, 1]; N, D > 0. */
double dcpt_at(const struct dcpt_curve *curve, double parameters, double tokens, double share);
/* dL/dr; r^(eta - 1) is 1 at r = 0 when eta is 1. */
double dcpt_slope(const struct dcpt_curve *curve, double tokens, double share);
/*
 * The fewest tokens (ones) at which the loss falls with the share over all of [0, 1]:
 * (B eta (1 + eps)^(gamma + 1) / (C gamma))^(1 / beta), since with eta >= 1 the curve is convex and r = 1 is its worst
 * point. 0 where B is 0; INFINITY where C is 0 and B is not.
 */
double dcpt_least_tokens(const struct dcpt_curve *curve);
/* The share of the lowest loss at D: 1 unless D is below dcpt_least_tokens(). */
double dcpt_lowest(const struct dcpt_curve *curve, double tokens);

/*
 * Usage 1, weighted: the domain share with the least weight x L_d(r) + (1 - weight) x L_g(1 - r), the root of
 * weight dL_d/dr(r) = (1 - weight) dL_g/dr(1 - r); free of N. weight in [0, 1]. Where the domain's pool has `unique`
 * tokens (> 0) whose repeats decay, r counts in L_d as dcpt_worth() says, a planning heuristic that is not of the
 * paper; `repeats` NULL: they count as new text.
 */
struct dcpt_repeats {
    const struct constrained *decay;
    double unique;
};
double dcpt_weighted_share(const struct dcpt_curve *domain, const struct dcpt_curve *general, double tokens,
                           double weight, const struct dcpt_repeats *repeats);
/* D_eff(unique, r D) / D, what a share r of the pool is worth; r where `repeats` is NULL. */
double dcpt_worth(const struct dcpt_repeats *repeats, double tokens, double share);

/*
 * Usage 2: all `domain_tokens` W of the domain are used, so that D = W / r: the r with the least
 * B (k r)^eta r^beta / W^beta + C / (k r + eps)^gamma, where k in (0, 1] is what one of the W tokens is `worth` (1
 * where none repeats): the root of
 * B k^eta (eta + beta) r^(eta + beta - 1) / W^beta = C gamma k / (k r + eps)^(gamma + 1).
 * 1 where the loss falls all the way; 0, which no D answers, where C is 0 and B is not: then less of the domain is
 * always better.
 */
double dcpt_limited_share(const struct dcpt_curve *curve, double domain_tokens, double worth);

/*
 * Usage 3: N, D and the loss of the least L with 6 N D = flop at this share: Chinchilla's optimum with B r^eta for B.
 * All NaN where A or B r^eta is 0, so that no N, or no D, is best.
 */
struct chinchilla_best dcpt_resources(const struct dcpt_curve *curve, double share, double flop);

#endif
