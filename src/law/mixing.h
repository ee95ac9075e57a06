/*
 * Laws and rules of mixtures of several domains; shares are >= 0 and sum to 1.
 */
#ifndef TAMIS_LAW_MIXING_H
#define TAMIS_LAW_MIXING_H

#include "tamis.h"

#define MIXING_MOST 64 /* domains */

/* L = c + k exp(sum t_j r_j) (Ye et al. 2025, arXiv 2403.16952, eq. 6); nats per token. */
struct mixing {
    double c, k;
    const double *t;
    size_t count;
};
double mixing_at(const struct mixing *law, const double *shares);

/* L = (A / r^a) (B / s^b + C), s = steps, 0 < r <= 1 (BiMix, Ge et al. 2024, arXiv 2405.14908). */
struct bimix {
    double a, exponent_a, b, exponent_b, c;
};
double bimix_at(const struct bimix *law, double share, double steps);

/* shares_i ~ tokens_i^alpha: 1 proportional, 0 uniform. At least one of tokens > 0; an empty pool gets 0. */
void temperature_shares(const double *tokens, size_t count, double alpha, double *shares);
/* UniMax (Chung et al. 2023, arXiv 2304.09151): the budget is spread evenly, no pool used more than max_epochs times;
 * tokens taken of each pool, and what could not be spent. */
double unimax_tokens(const double *tokens, size_t count, double budget, double max_epochs, double *taken);

/*
 * CMR (Gu et al. 2024, arXiv 2407.17467): losses over T training tokens in units of 0.2 billion. The general loss rises
 * and then falls: dL_gen = a2 T^s2 + a3 T^s3 + b2; the domain's: dL_dom = a1 T^s1 + b1; the critical share
 * R = a4 T^s4 + b3, clamped to [0, 1]; below 0 no share keeps the tolerance.
 */
#define CMR_UNIT 0.2e9
struct cmr_power {
    double a, s, b;
};
struct cmr_set {
    const char *name; /* 460M, 940M, 1.6B, 3.1B: the paper's critical shares; NULL ends it */
    struct cmr_power law;
};
extern const struct cmr_set cmr_sets[];
double cmr_power_at(const struct cmr_power *law, double tokens); /* tokens in ones, > 0; not clamped */

#endif
